using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress.OpenAiChat;

namespace Espalier.Gateway.Formats.OpenAiChat;

/// <summary>OpenAI's Chat Completions, and those of the many servers that speak like it.</summary>
internal sealed class OpenAiChatFormat : IWireFormat
{
    public string Name => WireFormats.OpenAiChat;

    public WireRequest Parse(ReadOnlyMemory<byte> body, RequestTarget target) => OpenAiChatRequest.Parse(this, body, target);

    public ReadOnlyMemory<byte> Prepare(WireRequest request, RequestChanges changes, Dropped dropped) => OpenAiChatRequest.Prepare(request, changes);

    public ReplyReading NewReading() => new OpenAiChatReading();

    public ReadOnlyMemory<byte> WriteError(ChatRefusal refusal) => refusal.Body();

    public ReadOnlyMemory<byte> WriteErrorEvent(ChatRefusal refusal, StreamFraming framing) => EventText.Write(null, refusal.Body());
}
