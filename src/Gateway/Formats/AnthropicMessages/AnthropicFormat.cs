using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.AnthropicMessages;

/// <summary>Anthropic's Messages.</summary>
internal sealed class AnthropicFormat : IWireFormat
{
    public string Name => WireFormats.Anthropic;

    public WireRequest Parse(ReadOnlyMemory<byte> body, RequestTarget target) => AnthropicRequest.Parse(this, body, target);

    public ReadOnlyMemory<byte> Prepare(WireRequest request, RequestChanges changes, Dropped dropped) => AnthropicRequest.Prepare(request, changes, dropped);

    public ReplyReading NewReading() => new AnthropicReading();

    public NeutralRequest ReadRequest(ReadOnlyMemory<byte> body, WireRequest request, Dropped dropped) => new AnthropicReader(dropped).Read(body);

    public ReadOnlyMemory<byte> WriteRequest(NeutralRequest request, Dropped dropped) => new AnthropicWriter(dropped).Write(request);

    public NeutralReply ReadReply(ReadOnlyMemory<byte> body) => AnthropicReplies.Read(body);

    public ReadOnlyMemory<byte> WriteReply(NeutralReply reply, Dropped dropped) => AnthropicReplies.Write(reply, dropped);

    public IEventReader NewEventReader() => new AnthropicEventReader();

    public IEventWriter NewEventWriter(WireRequest request, Dropped dropped) => new AnthropicEventWriter();

    public ReadOnlyMemory<byte> WriteError(CallRefusal refusal) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", TypeOf(refusal.Status));
        json.WriteString("message", refusal.Message);
        json.WriteString("code", refusal.Code);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    public ReadOnlyMemory<byte> WriteErrorEvent(CallRefusal refusal, StreamFraming framing) => EventText.Write("error", WriteError(refusal));

    private static string TypeOf(int status) => status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        < 500 => "invalid_request_error",
        _ => "api_error",
    };
}
