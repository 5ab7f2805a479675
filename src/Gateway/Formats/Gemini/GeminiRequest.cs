using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.Gemini;

/// <summary>Reads what the gateway needs of a generateContent request, and puts in what it changes. Model and stream are in the path.</summary>
/// <remarks>The API takes each name in camel case and in snake case; a member that is changed keeps the spelling that it came in.</remarks>
internal static class GeminiRequest
{
    private static readonly ReadOnlyMemory<byte> TextPart = """{"text":"""u8.ToArray();

    private static readonly Dictionary<string, string> Parameters = new()
    {
        ["temperature"] = "temperature", ["top_p"] = "topP", ["max_tokens"] = "maxOutputTokens", ["max_completion_tokens"] = "maxOutputTokens",
        ["seed"] = "seed", ["frequency_penalty"] = "frequencyPenalty", ["presence_penalty"] = "presencePenalty",
    };

    public static WireRequest Parse(IWireFormat format, ReadOnlyMemory<byte> body, RequestTarget target)
    {
        PromptMessage? system = null;
        List<PromptMessage>? contents = null;
        var request = WireRequest.Scan(format, body, target, Read);
        if (contents is not { Count: > 0 }) throw CallRefusal.Invalid("The request lacks 'contents'. Send at least one content.", "contents");
        request.Prompt = new Prompt(system is null ? contents : [system, .. contents], NewInstruction);
        return request;

        void Read(string name, WireRequest scanned, ref Utf8JsonReader reader)
        {
            switch (name)
            {
                case "contents":
                    contents = ReadContents(scanned, ref reader);
                    break;
                case "systemInstruction" or "system_instruction" when reader.TokenType == JsonTokenType.StartObject:
                    var (_, raw, parts) = ReadContent(scanned, ref reader);
                    system = new PromptMessage { Role = "system", Raw = raw, Content = parts, TextPart = TextPart, IsApart = true };
                    break;
                case "generationConfig" or "generation_config" when reader.TokenType == JsonTokenType.StartObject:
                    while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                    {
                        var isLimit = reader.ValueTextEquals("maxOutputTokens"u8) || reader.ValueTextEquals("max_output_tokens"u8);
                        var isChoices = reader.ValueTextEquals("candidateCount"u8) || reader.ValueTextEquals("candidate_count"u8);
                        var isLogprobs = reader.ValueTextEquals("responseLogprobs"u8) || reader.ValueTextEquals("response_logprobs"u8);
                        reader.Read();
                        if (isLogprobs) scanned.Logprobs = reader.TokenType == JsonTokenType.True;
                        if (isLimit) scanned.MaxTokens = WireReader.Count("maxOutputTokens", ref reader, int.MaxValue);
                        else if (isChoices) scanned.Choices = (int)(WireReader.Count("candidateCount", ref reader, 128) ?? 1);
                        else reader.Skip();
                    }

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
        if (!ReferenceEquals(changes.Prompt, request.Prompt))
        {
            edits["contents"] = MessageList.Join(changes.Prompt.Messages);
            edits[Spelled(request, "systemInstruction", "system_instruction")] = changes.Prompt.Messages.FirstOrDefault(message => message.IsApart)?.Raw;
        }

        var config = new Dictionary<string, ReadOnlyMemory<byte>?>();
        foreach (var (name, value) in changes.Slot?.Parameters ?? new Dictionary<string, ReadOnlyMemory<byte>>())
        {
            if (Parameters.TryGetValue(name, out var known)) config[known] = value;
            else dropped.Add($"slot.{name}");
        }

        if (changes.WantConfidence) config["responseLogprobs"] = "true"u8.ToArray();
        if (config.Count > 0)
        {
            var name = Spelled(request, "generationConfig", "generation_config");
            var given = request.Members.Value(name);
            var members = given.Span is [(byte)'{', ..] ? JsonMembers.Of(given) : new JsonMembers(default);
            foreach (var (key, value) in config.ToList())
            {
                var snake = JsonNamingPolicy.SnakeCaseLower.ConvertName(key);
                if (!members.Has(snake) || snake == key) continue;
                config.Remove(key);
                config[snake] = value;
            }

            edits[name] = members.Edit(config);
        }

        return request.Members.Edit(edits);
    }

    public static PromptMessage NewInstruction(string text)
    {
        byte[] raw = [.. """{"parts":[{"text":"""u8, .. Wire.String(text).Span, .. "}]}"u8];
        return new PromptMessage { Role = "system", Raw = raw, Content = 9..(raw.Length - 1), TextPart = TextPart, IsApart = true };
    }

    private static string Spelled(WireRequest request, string camel, string snake) => request.Members.Has(snake) ? snake : camel;

    private static List<PromptMessage> ReadContents(WireRequest request, ref Utf8JsonReader reader)
    {
        var contents = new List<PromptMessage>();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            contents.Add(Read(ref reader));
            return contents;
        }

        if (reader.TokenType != JsonTokenType.StartArray) throw WireReader.Wrong("contents", "an array");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw WireReader.Wrong($"contents[{contents.Count}]", "an object");
            contents.Add(Read(ref reader));
        }

        return contents;

        PromptMessage Read(ref Utf8JsonReader at)
        {
            var (role, raw, parts) = ReadContent(request, ref at);
            var said = role switch
            {
                "model" => "assistant",
                "function" => "tool",
                null or "user" => IsResult(raw[parts]) ? "tool" : "user",
                _ => throw WireReader.Wrong($"contents[{contents.Count}].role", "user or model"),
            };
            return new PromptMessage { Role = said, Raw = raw, Content = parts, TextPart = TextPart };
        }
    }

    private static (string? Role, ReadOnlyMemory<byte> Raw, Range Parts) ReadContent(WireRequest request, ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        string? role = null;
        Range parts = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isRole, isParts) = (reader.ValueTextEquals("role"u8), reader.ValueTextEquals("parts"u8));
            reader.Read();
            var at = (int)reader.TokenStartIndex;
            if (isRole && reader.TokenType == JsonTokenType.String) role = reader.GetString();
            else reader.Skip();
            if (isParts) parts = (at - start)..((int)reader.BytesConsumed - start);
        }

        return (role, request.Body[start..(int)reader.BytesConsumed], parts);
    }

    private static bool IsResult(ReadOnlyMemory<byte> parts)
    {
        if (parts.Span is not [(byte)'[', ..]) return false;
        var reader = new Utf8JsonReader(parts.Span, WireReader.Options);
        reader.Read();
        var (count, results) = (0, 0);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            count++;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("functionResponse"u8) || reader.ValueTextEquals("function_response"u8)) results++;
                reader.Read();
                reader.Skip();
            }
        }

        return count > 0 && results == count;
    }
}
