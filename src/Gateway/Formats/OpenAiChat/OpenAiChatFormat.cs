using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.OpenAiChat;

/// <summary>OpenAI's Chat Completions, and those of the many servers that speak like it.</summary>
internal sealed class OpenAiChatFormat : IWireFormat
{
    public string Name => WireFormats.OpenAiChat;

    public WireRequest Parse(ReadOnlyMemory<byte> body, RequestTarget target) => OpenAiChatRequest.Parse(this, body, target);

    public ReadOnlyMemory<byte> Prepare(WireRequest request, RequestChanges changes, Dropped dropped) => OpenAiChatRequest.Prepare(request, changes);

    public ReplyReading NewReading() => new OpenAiChatReading();

    public NeutralRequest ReadRequest(ReadOnlyMemory<byte> body, WireRequest request, Dropped dropped) => new OpenAiChatReader(dropped).Read(body);

    public ReadOnlyMemory<byte> WriteRequest(NeutralRequest request, Dropped dropped) => new OpenAiChatWriter(dropped).Write(request);

    public NeutralReply ReadReply(ReadOnlyMemory<byte> body) => OpenAiChatReplies.Read(body);

    public ReadOnlyMemory<byte> WriteReply(NeutralReply reply, Dropped dropped) => OpenAiChatReplies.Write(reply);

    public IEventReader NewEventReader() => new OpenAiChatEventReader();

    public IEventWriter NewEventWriter(WireRequest request, Dropped dropped) => new OpenAiChatEventWriter(request.IncludeUsage);

    public ReadOnlyMemory<byte> WriteError(CallRefusal refusal) => refusal.Body();

    public ReadOnlyMemory<byte> WriteErrorEvent(CallRefusal refusal, StreamFraming framing) => EventText.Write(null, refusal.Body());
}
