using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.AnthropicMessages;

/// <summary>Reads what the gateway needs of a Messages request, and puts in what it changes.</summary>
internal static class AnthropicRequest
{
    private static readonly ReadOnlyMemory<byte> TextPart = """{"type":"text","text":"""u8.ToArray();

    // The slot's words, which are those of OpenAI's chat, in this format.
    private static readonly Dictionary<string, string> Parameters = new()
    {
        ["temperature"] = "temperature", ["top_p"] = "top_p", ["max_tokens"] = "max_tokens", ["max_completion_tokens"] = "max_tokens",
    };

    public static WireRequest Parse(IWireFormat format, ReadOnlyMemory<byte> body, RequestTarget target)
    {
        PromptMessage? system = null;
        List<PromptMessage>? messages = null;
        var request = WireRequest.Scan(format, body, target, Read);
        // A request that goes on from a kept thread may bring no new message.
        if (messages is not { Count: > 0 } && !request.Members.Has("thread"))
            throw CallRefusal.Invalid("The request lacks 'messages'. Send at least one message.", "messages");
        request.Prompt = new Prompt(system is null ? messages ?? [] : [system, .. messages ?? []], NewInstruction);
        return request;

        void Read(string name, WireRequest scanned, ref Utf8JsonReader reader)
        {
            switch (name)
            {
                case "model":
                    scanned.Model = WireReader.Text(name, ref reader);
                    break;
                case "messages":
                    messages = MessageList.Read(scanned, name, TextPart, ref reader, static role => role is "user" or "assistant" or "system" ? role : null, "user or assistant");
                    break;
                case "system":
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    var raw = scanned.Body[start..(int)reader.BytesConsumed];
                    if (raw.Span[0] is not ((byte)'"' or (byte)'[')) break;
                    system = new PromptMessage { Role = "system", Raw = raw, Content = .., TextPart = TextPart, IsApart = true };
                    break;
                case "stream":
                    scanned.Stream = WireReader.Flag(name, ref reader);
                    break;
                case "max_tokens":
                    scanned.MaxTokens = WireReader.Count(name, ref reader, int.MaxValue);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    public static ReadOnlyMemory<byte> Prepare(WireRequest request, RequestChanges changes, Dropped dropped)
    {
        var edits = new Dictionary<string, ReadOnlyMemory<byte>?>();
        if (changes.Model != request.Model) edits["model"] = Wire.String(changes.Model);
        if (!ReferenceEquals(changes.Prompt, request.Prompt))
        {
            edits["messages"] = MessageList.Join(changes.Prompt.Messages);
            edits["system"] = changes.Prompt.Messages.FirstOrDefault(message => message.IsApart)?.Raw;
        }

        foreach (var (name, value) in changes.Slot?.Parameters ?? new Dictionary<string, ReadOnlyMemory<byte>>())
        {
            if (Parameters.TryGetValue(name, out var known)) edits[known] = value;
            else dropped.Add($"slot.{name}");
        }

        if (!changes.Stream && request.Stream) edits["stream"] = null;
        return request.Members.Edit(edits);
    }

    public static PromptMessage NewInstruction(string text) =>
        new() { Role = "system", Raw = Wire.String(text), Content = .., TextPart = TextPart, IsApart = true };
}
