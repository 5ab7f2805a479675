using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.OpenAiResponses;

/// <summary>Reads what the gateway needs of a Responses request, and puts in what it changes.</summary>
internal static class ResponsesRequest
{
    private const string LogprobsInclude = "message.output_text.logprobs";

    private static readonly ReadOnlyMemory<byte> TextPart = """{"type":"input_text","text":"""u8.ToArray();

    private static readonly Dictionary<string, string> Parameters = new()
    {
        ["temperature"] = "temperature", ["top_p"] = "top_p", ["max_tokens"] = "max_output_tokens", ["max_completion_tokens"] = "max_output_tokens",
    };

    public static WireRequest Parse(IWireFormat format, ReadOnlyMemory<byte> body, RequestTarget target)
    {
        PromptMessage? instructions = null;
        List<PromptMessage> messages = [];
        var request = WireRequest.Scan(format, body, target, Read);
        if (messages.Count == 0 && !request.Members.Has("prompt") && request.PreviousReply is null && !request.Members.Has("conversation"))
            throw CallRefusal.Invalid("The request lacks 'input'. Send a text or a list of messages.", "input");
        request.Prompt = new Prompt(instructions is null ? messages : [instructions, .. messages], NewInstruction);
        return request;

        void Read(string name, WireRequest scanned, ref Utf8JsonReader reader)
        {
            switch (name)
            {
                case "model":
                    scanned.Model = WireReader.Text(name, ref reader);
                    break;
                case "input" when reader.TokenType == JsonTokenType.String:
                    messages = [Apart(scanned, "user", ref reader) with { IsApart = false }];
                    break;
                case "input":
                    messages = ReadInput(scanned, ref reader);
                    break;
                case "instructions" when reader.TokenType == JsonTokenType.String:
                    instructions = Apart(scanned, "system", ref reader);
                    break;
                case "stream":
                    scanned.Stream = WireReader.Flag(name, ref reader);
                    break;
                case "max_output_tokens":
                    scanned.MaxTokens = WireReader.Count(name, ref reader, int.MaxValue);
                    break;
                case "include" when reader.TokenType == JsonTokenType.StartArray:
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        if (reader.TokenType == JsonTokenType.String) scanned.Logprobs |= reader.ValueTextEquals(LogprobsInclude);
                        else reader.Skip();
                    }

                    break;
                case "previous_response_id" when reader.TokenType == JsonTokenType.String:
                    scanned.PreviousReply = reader.GetString();
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
            var turns = changes.Prompt.Messages.Where(message => !message.IsApart).ToList();
            // A single text stays a text.
            edits["input"] = turns is [{ Raw.Span: [(byte)'"', ..] } only] ? only.Raw : MessageList.Join([.. turns.Select(AsMessage)]);
            edits["instructions"] = changes.Prompt.Messages.FirstOrDefault(message => message.IsApart)?.Raw;
        }

        foreach (var (name, value) in changes.Slot?.Parameters ?? new Dictionary<string, ReadOnlyMemory<byte>>())
        {
            if (Parameters.TryGetValue(name, out var known)) edits[known] = value;
            else if (name == "reasoning_effort") edits["reasoning"] = Put(request.Members.Value("reasoning"), "effort", value);
            else dropped.Add($"slot.{name}");
        }

        if (changes.WantConfidence) edits["include"] = WithLogprobs(request.Members.Value("include"));
        if (!changes.Stream && request.Stream) edits["stream"] = edits["stream_options"] = null;
        return request.Members.Edit(edits);
    }

    public static PromptMessage NewInstruction(string text) =>
        new() { Role = "system", Raw = Wire.String(text), Content = .., TextPart = TextPart, IsApart = true };

    private static ReadOnlyMemory<byte> Put(ReadOnlyMemory<byte> value, string name, ReadOnlyMemory<byte> member) =>
        (value.Span is [(byte)'{', ..] ? JsonMembers.Of(value) : new JsonMembers(default)).Edit(new Dictionary<string, ReadOnlyMemory<byte>?> { [name] = member });

    private static ReadOnlyMemory<byte> WithLogprobs(ReadOnlyMemory<byte> include) => Wire.Write(json =>
    {
        json.WriteStartArray();
        if (include.Span is [(byte)'[', ..])
        {
            using var given = JsonDocument.Parse(include);
            foreach (var one in given.RootElement.EnumerateArray())
                if (one.ValueKind != JsonValueKind.String || one.GetString() != LogprobsInclude) one.WriteTo(json);
        }

        json.WriteStringValue(LogprobsInclude);
        json.WriteEndArray();
    });

    private static PromptMessage AsMessage(PromptMessage message)
    {
        if (message.Raw.Span[0] == (byte)'{') return message;
        byte[] raw = [.. """{"role":"user","content":"""u8, .. message.Raw.Span, (byte)'}'];
        return message with { Raw = raw, Content = 25..(raw.Length - 1) };
    }

    private static PromptMessage Apart(WireRequest request, string role, ref Utf8JsonReader reader) => new()
    {
        Role = role,
        Raw = request.Body[(int)reader.TokenStartIndex..(int)reader.BytesConsumed],
        Content = ..,
        TextPart = TextPart,
        IsApart = true,
    };

    // An element is a message, or what a model or a tool did; those have a type and no role.
    private static List<PromptMessage> ReadInput(WireRequest request, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw WireReader.Wrong("input", "a string or an array");
        var messages = new List<PromptMessage>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw WireReader.Wrong($"input[{messages.Count}]", "an object");
            var start = (int)reader.TokenStartIndex;
            string? role = null;
            string? type = null;
            Range content = default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isRole, isContent, isType) = (reader.ValueTextEquals("role"u8), reader.ValueTextEquals("content"u8), reader.ValueTextEquals("type"u8));
                reader.Read();
                var at = (int)reader.TokenStartIndex;
                if (isRole && reader.TokenType == JsonTokenType.String) role = reader.GetString();
                else if (isType && reader.TokenType == JsonTokenType.String) type = reader.GetString();
                else reader.Skip();
                if (isContent) content = (at - start)..((int)reader.BytesConsumed - start);
            }

            role ??= type is null ? throw WireReader.Wrong($"input[{messages.Count}].role", "a string: system, developer, user or assistant")
                : type.EndsWith("_output", StringComparison.Ordinal) ? "tool" : "assistant";
            messages.Add(new PromptMessage { Role = role, Raw = request.Body[start..(int)reader.BytesConsumed], Content = content, TextPart = TextPart });
        }

        return messages;
    }
}
