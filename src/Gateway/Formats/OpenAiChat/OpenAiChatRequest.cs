using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.OpenAiChat;

/// <summary>Reads what the gateway needs of a chat completions request, and puts in what it changes.</summary>
internal static class OpenAiChatRequest
{
    private static readonly ReadOnlyMemory<byte> TextPart = """{"type":"text","text":"""u8.ToArray();
    private static readonly ReadOnlyMemory<byte> True = "true"u8.ToArray();
    private static readonly string[] OutputLimits = ["max_tokens", "max_completion_tokens"];

    public static WireRequest Parse(IWireFormat format, ReadOnlyMemory<byte> body, RequestTarget target)
    {
        var request = WireRequest.Scan(format, body, target, Read);
        if (request.Prompt is not { Messages.Count: > 0 }) throw CallRefusal.Invalid("The request lacks 'messages'. Send at least one message.", "messages");
        return request;
    }

    public static ReadOnlyMemory<byte> Prepare(WireRequest request, RequestChanges changes)
    {
        var edits = new Dictionary<string, ReadOnlyMemory<byte>?>();
        if (changes.Model != request.Model) edits["model"] = Wire.String(changes.Model);
        if (!ReferenceEquals(changes.Prompt, request.Prompt)) edits["messages"] = MessageList.Join(changes.Prompt.Messages);
        if (changes.Slot is { } slot)
        {
            // A limit of the slot replaces the agent's under either of its names.
            if (slot.MaxTokens is not null)
                foreach (var name in OutputLimits.Where(request.Members.Has)) edits[name] = null;
            foreach (var (name, value) in slot.Parameters) edits[name] = value;
        }

        if (changes.WantConfidence && !request.Logprobs) edits["logprobs"] = True;
        if (!changes.Stream)
        {
            if (request.Stream) edits["stream"] = edits["stream_options"] = null;
        }
        else if (!changes.StreamOptions)
        {
            if (request.Members.Has("stream_options")) edits["stream_options"] = null;
        }
        else if (!request.IncludeUsage) edits["stream_options"] = WithUsage(request.Members.Value("stream_options"));

        return request.Members.Edit(edits);
    }

    public static PromptMessage NewInstruction(string text)
    {
        byte[] raw = [.. """{"role":"system","content":"""u8, .. Wire.String(text).Span, (byte)'}'];
        const int before = 27;
        return new PromptMessage { Role = "system", Raw = raw, Content = before..(raw.Length - 1), TextPart = TextPart };
    }

    private static ReadOnlyMemory<byte> WithUsage(ReadOnlyMemory<byte> given) =>
        (given.Span is [(byte)'{', ..] ? JsonMembers.Of(given) : new JsonMembers(default))
            .Edit(new Dictionary<string, ReadOnlyMemory<byte>?> { ["include_usage"] = True });

    private static void Read(string name, WireRequest request, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "model":
                request.Model = WireReader.Text(name, ref reader);
                break;
            case "messages":
                request.Prompt = new Prompt(MessageList.Read(request, name, TextPart, ref reader, static role => role, "system, developer, user, assistant or tool"), NewInstruction);
                break;
            case "stream":
                request.Stream = WireReader.Flag(name, ref reader);
                break;
            case "logprobs":
                request.Logprobs = WireReader.Flag(name, ref reader);
                break;
            case "n":
                request.Choices = (int)(WireReader.Count(name, ref reader, 128) ?? 1);
                break;
            case "max_tokens" or "max_completion_tokens":
                request.MaxTokens = WireReader.Count(name, ref reader, int.MaxValue) ?? request.MaxTokens;
                break;
            case "stream_options" when reader.TokenType == JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isUsage = reader.ValueTextEquals("include_usage"u8);
                    reader.Read();
                    if (isUsage) request.IncludeUsage = reader.TokenType == JsonTokenType.True;
                    reader.Skip();
                }

                break;
            default:
                reader.Skip();
                break;
        }
    }
}
