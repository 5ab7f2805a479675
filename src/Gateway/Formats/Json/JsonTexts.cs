using System.Text;
using System.Text.Json;

namespace Espalier.Gateway.Formats.Json;

/// <summary>The texts that people or models wrote inside a message, a reply or an event of any wire format, and the same bytes with some of them replaced.</summary>
/// <remarks>Ids, names, types, numbers, signatures and encoded bytes are no texts. Text that is JSON itself, as a call's arguments are, is looked at inside. What is not replaced stays as it came.</remarks>
internal static class JsonTexts
{
    private static readonly byte[] Before = "{\"args\":"u8.ToArray();

    private static readonly HashSet<string> NoTexts = new(StringComparer.Ordinal)
    {
        "role", "type", "id", "object", "model", "name", "tool_call_id", "call_id", "tool_use_id", "item_id", "status", "finish_reason", "finishReason", "stop_reason", "stop_sequence",
        "system_fingerprint", "service_tier", "modelVersion", "responseId", "signature", "thoughtSignature", "thought_signature", "encrypted_content", "data", "file_data", "fileData", "file_id",
        "media_type", "mimeType", "mime_type", "detail", "format", "obfuscation", "previous_response_id", "code", "param", "bytes", "event",
    };

    // Of these nothing inside is a text either.
    private static readonly HashSet<string> NoTextsInside = new(StringComparer.Ordinal) { "cache_control", "inlineData", "inline_data", "input_audio", "usage", "usageMetadata", "tools", "response_format", "instructions", "metadata" };

    // Objects with the agent's own names: everything in them is a text.
    private static readonly HashSet<string> Arguments = new(StringComparer.Ordinal) { "input", "args" };

    /// <summary>All texts, in order.</summary>
    public static IReadOnlyList<string> Read(ReadOnlyMemory<byte> json)
    {
        var texts = new List<string>();
        Rewrite(json, text =>
        {
            texts.Add(text);
            return text;
        });
        return texts;
    }

    /// <summary>The same object when nothing is replaced.</summary>
    /// <param name="json">One value.</param>
    /// <param name="rewrite">Gives the text that is to stand there.</param>
    /// <param name="moved">Told of each replaced value: where it stood, and how many bytes longer it is now.</param>
    public static ReadOnlyMemory<byte> Rewrite(ReadOnlyMemory<byte> json, Func<string, string> rewrite, Action<int, int>? moved = null)
    {
        var reader = new Utf8JsonReader(json.Span, WireReader.Options);
        var keys = new Stack<string>();
        MemoryStream? output = null;
        var copied = 0;
        var key = "";
        // Depth of the object whose texts are all texts; 0 outside of one.
        var arguments = 0;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    key = reader.GetString()!;
                    if (arguments == 0 && NoTextsInside.Contains(key)) reader.Skip();
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    if (arguments == 0 && reader.TokenType == JsonTokenType.StartObject && AreArguments(key, keys)) arguments = keys.Count + 1;
                    keys.Push(key);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    if (keys.Count == arguments) arguments = 0;
                    key = keys.Pop();
                    break;
                case JsonTokenType.Number when arguments > 0:
                case JsonTokenType.String when arguments > 0 || !NoTexts.Contains(key):
                    // A card's number may come as a number; what stands for it is a text.
                    var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : Encoding.UTF8.GetString(reader.ValueSpan);
                    if (text.Length == 0 || text.StartsWith("data:", StringComparison.Ordinal)) break;
                    var replaced = arguments == 0 && key == "arguments" ? RewriteInside(text, rewrite) : rewrite(text);
                    if (ReferenceEquals(replaced, text) || replaced == text) break;
                    var (start, end, value) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed, Wire.String(replaced));
                    output ??= new MemoryStream(json.Length + 256);
                    output.Write(json.Span[copied..start]);
                    output.Write(value.Span);
                    copied = end;
                    moved?.Invoke(start, value.Length - (end - start));
                    break;
            }
        }

        if (output is null) return json;
        output.Write(json.Span[copied..]);
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    /// <summary>Texts inside a text that is a JSON object; else the text itself.</summary>
    public static string RewriteInside(string text, Func<string, string> rewrite)
    {
        if (text.AsSpan().TrimStart() is not ['{', ..]) return rewrite(text);
        try
        {
            // As the value of a member whose texts are all texts.
            ReadOnlyMemory<byte> inner = (byte[])[.. Before, .. Encoding.UTF8.GetBytes(text), (byte)'}'];
            var rewritten = Rewrite(inner, rewrite);
            return rewritten.Equals(inner) ? text : Encoding.UTF8.GetString(rewritten.Span[Before.Length..^1]);
        }
        catch (JsonException)
        {
            return rewrite(text);
        }
    }

    private static bool AreArguments(string key, Stack<string> keys) =>
        Arguments.Contains(key) || (key == "response" && keys.TryPeek(out var outer) && outer is "functionResponse" or "function_response");
}
