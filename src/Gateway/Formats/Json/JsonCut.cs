using System.Text.Json;

namespace Espalier.Gateway.Formats.Json;

/// <summary>The same bytes without some members, wherever they stand. All other bytes stay as they are.</summary>
internal static class JsonCut
{
    public static readonly ReadOnlyMemory<byte> Null = "null"u8.ToArray();

    private static readonly string[] TokenNames = ["logprobs", "logprobsResult", "avgLogprobs", "token_ids", "response_token_ids", "meta_info"];

    /// <summary>Without what tells an answer's tokens one by one. The members stay, as null.</summary>
    public static ReadOnlyMemory<byte> WithoutTokens(ReadOnlyMemory<byte> json) => Cut(json, TokenNames, Null);

    /// <summary>The same object when none of the members is there, or all are null already.</summary>
    /// <param name="json">One value.</param>
    /// <param name="names">Of the members.</param>
    /// <param name="instead">What takes the place of their values; null for nothing, and then they go with their names.</param>
    public static ReadOnlyMemory<byte> Cut(ReadOnlyMemory<byte> json, IReadOnlyCollection<string> names, ReadOnlyMemory<byte>? instead)
    {
        var reader = new Utf8JsonReader(json.Span, WireReader.Options);
        MemoryStream? output = null;
        var copied = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !IsNamed(ref reader, names)) continue;
            var name = (int)reader.TokenStartIndex;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (instead is not null && reader.TokenType == JsonTokenType.Null) continue;
            reader.Skip();
            var end = (int)reader.BytesConsumed;
            output ??= new MemoryStream(json.Length);
            if (instead is { } value)
            {
                output.Write(json.Span[copied..start]);
                output.Write(value.Span);
            }
            else
            {
                // One of the commas around it goes along: the one before, unless it went with another member.
                var before = json.Span[..name].TrimEnd(" \t\r\n"u8);
                if (before[^1] == (byte)',' && before.Length > copied) name = before.Length - 1;
                else if (json.Span[end..].TrimStart(" \t\r\n"u8) is [(byte)',', ..] rest) end = json.Length - rest.Length + 1;
                output.Write(json.Span[copied..name]);
            }

            copied = end;
        }

        if (output is null) return json;
        output.Write(json.Span[copied..]);
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    private static bool IsNamed(ref Utf8JsonReader reader, IReadOnlyCollection<string> names)
    {
        foreach (var name in names)
            if (reader.ValueTextEquals(name)) return true;
        return false;
    }
}
