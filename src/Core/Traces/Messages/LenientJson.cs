using System.Text.Json;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Messages;

/// <summary>Parses JSON that came as a text within an attribute: perhaps cut at some length, perhaps no JSON at all.</summary>
internal static class LenientJson
{
    private const int Deepest = 64;

    /// <summary>The document, or null when the text is none. The caller disposes it.</summary>
    /// <param name="wasCut">True when the end was missing and what was left open had to be closed.</param>
    public static JsonDocument? Parse(AttributeValue value, out bool wasCut)
    {
        wasCut = false;
        return value.Kind is ValueKind.Text or ValueKind.Json ? Parse(value.AsUtf8(), out wasCut) : null;
    }

    public static JsonDocument? Parse(ReadOnlyMemory<byte> utf8, out bool wasCut)
    {
        wasCut = false;
        var start = utf8.Span.IndexOfAnyExcept(" \t\r\n"u8);
        // Numbers and words are texts to us; only what has structure, or is a text within a text, is JSON.
        if (start < 0 || utf8.Span[start] is not ((byte)'{' or (byte)'[' or (byte)'"')) return null;
        var json = JsonText.Paired(JsonText.Valid(utf8));
        if (TryParse(json) is { } whole) return whole;
        if (Close(json.Span) is not { } closed) return null;
        wasCut = true;
        return TryParse(closed);
    }

    /// <summary>The value within a text that holds JSON; null when it holds none.</summary>
    public static JsonDocument? ParseText(string text) =>
        text.AsSpan().TrimStart() is ['{' or '[', ..] ? Parse(System.Text.Encoding.UTF8.GetBytes(text), out var wasCut) is { } document && !wasCut ? document : null : null;

    private static JsonDocument? TryParse(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = Deepest, CommentHandling = JsonCommentHandling.Disallow });
        try
        {
            if (!JsonDocument.TryParseValue(ref reader, out var document)) return null;
            if (json.Span[(int)reader.BytesConsumed..].IndexOfAnyExcept(" \t\r\n"u8) < 0) return document;
            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Closes what a cut left open: the text in which it was cut, then lists and objects. Null when nothing is open.</summary>
    private static byte[]? Close(ReadOnlySpan<byte> json)
    {
        Span<byte> open = stackalloc byte[Deepest];
        int depth = 0, safeEnd = 0, safeDepth = 0, textStart = -1;
        bool isKey = false, isEscaped = false;
        for (var i = 0; i < json.Length; i++)
        {
            var c = json[i];
            if (textStart >= 0)
            {
                if (isEscaped) isEscaped = false;
                else if (c == '\\') isEscaped = true;
                else if (c == '"')
                {
                    textStart = -1;
                    if (!isKey) (safeEnd, safeDepth) = (i + 1, depth);
                }

                continue;
            }

            switch (c)
            {
                case (byte)'"':
                    textStart = i;
                    isKey = depth > 0 && open[depth - 1] == '}' && PrecedesKey(json[..i]);
                    break;
                case (byte)'{' or (byte)'[':
                    if (depth == Deepest) return null;
                    open[depth++] = c == '{' ? (byte)'}' : (byte)']';
                    (safeEnd, safeDepth) = (i + 1, depth);
                    break;
                case (byte)'}' or (byte)']':
                    if (depth == 0 || open[--depth] != c) return null;
                    (safeEnd, safeDepth) = (i + 1, depth);
                    break;
                case (byte)',':
                    (safeEnd, safeDepth) = (i, depth);
                    break;
            }
        }

        if (depth == 0) return null;
        var isInValue = textStart >= 0 && !isKey;
        var kept = isInValue ? json[..WholeText(json, textStart)] : json[..safeEnd];
        var at = isInValue ? depth : safeDepth;
        var closed = new byte[kept.Length + at + (isInValue ? 1 : 0)];
        kept.CopyTo(closed);
        var end = kept.Length;
        if (isInValue) closed[end++] = (byte)'"';
        while (at > 0) closed[end++] = open[--at];
        return closed;
    }

    private static bool PrecedesKey(ReadOnlySpan<byte> before)
    {
        var trimmed = before.TrimEnd(" \t\r\n"u8);
        return trimmed.Length > 0 && trimmed[^1] is (byte)'{' or (byte)',';
    }

    // Where the cut text still makes sense: before an escape that is not whole.
    private static int WholeText(ReadOnlySpan<byte> json, int start)
    {
        for (var i = start + 1; i < json.Length; i++)
        {
            if (json[i] != '\\') continue;
            var length = i + 1 < json.Length && json[i + 1] == 'u' ? 6 : 2;
            if (i + length > json.Length) return i;
            i += length - 1;
        }

        return json.Length;
    }
}
