using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.Gemini;

/// <summary>Google's generateContent.</summary>
internal sealed class GeminiFormat : IWireFormat
{
    public string Name => WireFormats.Gemini;

    public WireRequest Parse(ReadOnlyMemory<byte> body, RequestTarget target) => GeminiRequest.Parse(this, body, target);

    public ReadOnlyMemory<byte> Prepare(WireRequest request, RequestChanges changes, Dropped dropped) => GeminiRequest.Prepare(request, changes, dropped);

    public ReplyReading NewReading() => new GeminiReading();

    public NeutralRequest ReadRequest(ReadOnlyMemory<byte> body, WireRequest request, Dropped dropped) => new GeminiReader(dropped).Read(body, request);

    public ReadOnlyMemory<byte> WriteRequest(NeutralRequest request, Dropped dropped) => new GeminiWriter(dropped).Write(request);

    public NeutralReply ReadReply(ReadOnlyMemory<byte> body) => GeminiReplies.Read(body);

    public ReadOnlyMemory<byte> WriteReply(NeutralReply reply, Dropped dropped) => GeminiReplies.Write(reply);

    public IEventReader NewEventReader() => new GeminiEventReader();

    public IEventWriter NewEventWriter(WireRequest request, Dropped dropped) => new GeminiEventWriter(request.Target.Framing);

    public ReadOnlyMemory<byte> WriteError(CallRefusal refusal) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteNumber("code", refusal.Status);
        json.WriteString("message", refusal.Message);
        json.WriteString("status", StatusOf(refusal.Status));
        json.WriteStartArray("details");
        json.WriteStartObject();
        json.WriteString("@type", "type.googleapis.com/google.rpc.ErrorInfo");
        json.WriteString("reason", refusal.Code);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    public ReadOnlyMemory<byte> WriteErrorEvent(CallRefusal refusal, StreamFraming framing)
    {
        var error = WriteError(refusal);
        return framing == StreamFraming.JsonArray ? (byte[])[.. ",\r\n"u8, .. error.Span, .. "\r\n]"u8] : EventText.Write(null, error);
    }

    private static string StatusOf(int status) => status switch
    {
        401 => "UNAUTHENTICATED",
        402 or 429 => "RESOURCE_EXHAUSTED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 or 504 => "DEADLINE_EXCEEDED",
        502 or 503 or 529 => "UNAVAILABLE",
        < 500 => "INVALID_ARGUMENT",
        _ => "INTERNAL",
    };
}
