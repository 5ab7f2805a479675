using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.OpenAiResponses;

/// <summary>OpenAI's Responses.</summary>
internal sealed class OpenAiResponsesFormat : IWireFormat
{
    public string Name => WireFormats.OpenAiResponses;

    public WireRequest Parse(ReadOnlyMemory<byte> body, RequestTarget target) => ResponsesRequest.Parse(this, body, target);

    public ReadOnlyMemory<byte> Prepare(WireRequest request, RequestChanges changes, Dropped dropped) => ResponsesRequest.Prepare(request, changes, dropped);

    public ReplyReading NewReading() => new OpenAiResponsesReading();

    public NeutralRequest ReadRequest(ReadOnlyMemory<byte> body, WireRequest request, Dropped dropped) => new ResponsesReader(dropped).Read(body);

    public ReadOnlyMemory<byte> WriteRequest(NeutralRequest request, Dropped dropped) => new ResponsesWriter(dropped).Write(request);

    public NeutralReply ReadReply(ReadOnlyMemory<byte> body) => ResponsesReplies.Read(body);

    public ReadOnlyMemory<byte> WriteReply(NeutralReply reply, Dropped dropped) => ResponsesReplies.Write(reply, dropped);

    public IEventReader NewEventReader() => new ResponsesEventReader();

    public IEventWriter NewEventWriter(WireRequest request, Dropped dropped) => new ResponsesEventWriter();

    public ReadOnlyMemory<byte> WriteError(CallRefusal refusal) => refusal.Body();

    public ReadOnlyMemory<byte> WriteErrorEvent(CallRefusal refusal, StreamFraming framing) => EventText.Write("error", Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", "error");
        json.WriteString("code", refusal.Code);
        json.WriteString("message", refusal.Message);
        json.WriteString("param", refusal.Param);
        json.WriteNumber("sequence_number", 0);
        json.WriteEndObject();
    }));
}
