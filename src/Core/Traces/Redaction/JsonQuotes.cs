using System.Globalization;
using System.Text;

namespace Espalier.Core.Traces.Redaction;

/// <summary>Which quotes a placeholder needs where it takes the place of a number in JSON.</summary>
/// <remarks>Follows strings that hold JSON themselves, as arguments of tool calls do, to any depth. JSON that is cut off is read as far as it
/// goes; text that is none needs no quotes.</remarks>
internal static class JsonQuotes
{
    private const int Deepest = 8;

    /// <summary>The quote with the backslashes that its depth needs; empty when the number is not a value of its own.</summary>
    public static string Around(string text, int start, int end)
    {
        var depth = Depth(text, start, end, 0);
        return depth < 0 ? "" : new string('\\', (1 << depth) - 1) + "\"";
    }

    /// <summary>In how many strings the JSON stands that has the number as a value; -1 when none has.</summary>
    private static int Depth(string text, int start, int end, int depth)
    {
        var first = text.AsSpan().TrimStart();
        if (depth > Deepest || first.IsEmpty || first[0] is not ('{' or '[')) return -1;
        var opening = -1;
        for (var i = 0; i < start; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == '"') opening = opening < 0 ? i : -1;
        }

        if (opening < 0) return IsValue(text, start, end) ? depth : -1;
        var (inner, innerStart, innerEnd) = Unescape(text, opening + 1, start, end);
        return Depth(inner, innerStart, innerEnd, depth + 1);
    }

    private static bool IsValue(string text, int start, int end)
    {
        var before = text.AsSpan(0, start).TrimEnd().TrimEnd('-').TrimEnd();
        var after = text.AsSpan(end).TrimStart();
        return before is [.., ':' or ',' or '['] && (after.IsEmpty || after[0] is ',' or ']' or '}');
    }

    /// <summary>What a string says from its first character on to its end, and where two positions of it are then.</summary>
    private static (string Inner, int Start, int End) Unescape(string text, int from, int start, int end)
    {
        var inner = new StringBuilder();
        var (innerStart, innerEnd) = (-1, -1);
        for (var i = from; i < text.Length && text[i] != '"'; i++)
        {
            if (i >= start && innerStart < 0) innerStart = inner.Length;
            if (i >= end && innerEnd < 0) innerEnd = inner.Length;
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                inner.Append(text[i]);
                continue;
            }

            i++;
            if (text[i] == 'u' && i + 4 < text.Length && ushort.TryParse(
                text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                inner.Append((char)code);
                i += 4;
            }
            else
            {
                inner.Append(text[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', var other => other });
            }
        }

        return (inner.ToString(), innerStart < 0 ? inner.Length : innerStart, innerEnd < 0 ? inner.Length : innerEnd);
    }
}
