using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Espalier.Core.Traces.Otlp;

/// <summary>Reads texts out of JSON that a stranger wrote: bad UTF-8 and halves of surrogate pairs become U+FFFD instead of an exception.</summary>
internal static class JsonText
{
    /// <summary>The same bytes when they are valid UTF-8, else with what is not replaced.</summary>
    public static ReadOnlyMemory<byte> Valid(ReadOnlyMemory<byte> utf8) =>
        Utf8.IsValid(utf8.Span) ? utf8 : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(utf8.Span));

    /// <summary>The text of the string that the reader stands on.</summary>
    public static string Of(ref Utf8JsonReader reader)
    {
        var raw = reader.ValueSpan;
        return reader.ValueIsEscaped && MayBeLone(raw) ? Unescape(raw) : reader.GetString()!;
    }

    /// <summary>JSON in which every half of a surrogate pair stands beside its other half.</summary>
    public static ReadOnlyMemory<byte> Paired(ReadOnlyMemory<byte> json)
    {
        if (!MayBeLone(json.Span)) return json;
        byte[]? copy = null;
        var text = json.Span;
        for (var i = 0; i + 1 < text.Length; i++)
        {
            if (text[i] != '\\') continue;
            if (text[i + 1] != 'u')
            {
                i++;
                continue;
            }

            var unit = Hex(text, i + 2);
            if (unit is >= 0xD800 and < 0xDC00 && i + 11 < text.Length && text[i + 6] == '\\' && text[i + 7] == 'u' && Hex(text, i + 8) is >= 0xDC00 and < 0xE000)
            {
                i += 11;
                continue;
            }

            if (unit is >= 0xD800 and < 0xE000) "\\ufffd"u8.CopyTo((copy ??= json.ToArray()).AsSpan(i));
            i += 5;
        }

        return copy ?? json;
    }

    private static bool MayBeLone(ReadOnlySpan<byte> raw) => raw.IndexOf("\\ud"u8) >= 0 || raw.IndexOf("\\uD"u8) >= 0;

    private static string Unescape(ReadOnlySpan<byte> raw)
    {
        var text = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length;)
        {
            if (raw[i] != '\\')
            {
                var next = raw[i..].IndexOf((byte)'\\');
                var run = next < 0 ? raw[i..] : raw.Slice(i, next);
                text.Append(Encoding.UTF8.GetString(run));
                i += run.Length;
                continue;
            }

            if (i + 1 >= raw.Length) break;
            var escape = (char)raw[i + 1];
            if (escape == 'u')
            {
                text.Append((char)Math.Max(0, Hex(raw, i + 2)));
                i += 6;
                continue;
            }

            text.Append(escape switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', _ => escape });
            i += 2;
        }

        // Through bytes and back, which replaces what has no pair.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static int Hex(ReadOnlySpan<byte> text, int at)
    {
        if (at + 4 > text.Length) return -1;
        return int.TryParse(text.Slice(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit) ? unit : -1;
    }
}
