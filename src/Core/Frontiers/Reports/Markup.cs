using System.Globalization;
using System.Text;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>The only way by which foreign text gets into HTML and SVG.</summary>
internal static class Markup
{
    /// <summary>Text for element content and for attribute values in double quotes, in HTML and in XML alike.</summary>
    /// <remarks>Characters that XML forbids would make a picture unreadable, and direction overrides can make a diff show another
    /// order than it has, so both are made visible.</remarks>
    public static string Text(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '&': escaped.Append("&amp;"); break;
                case '<': escaped.Append("&lt;"); break;
                case '>': escaped.Append("&gt;"); break;
                case '"': escaped.Append("&quot;"); break;
                case '\'': escaped.Append("&#39;"); break;
                case '\n' or '\t': escaped.Append((char)rune.Value); break;
                case '\r': break;
                case < 0x20: escaped.Append((char)(0x2400 + rune.Value)); break;
                case 0x7F or (>= 0x80 and < 0xA0) or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0xFFFE or 0xFFFF:
                    escaped.Append(CultureInfo.InvariantCulture, $"[U+{rune.Value:X4}]");
                    break;
                default: escaped.Append(rune.ToString()); break;
            }
        }

        return escaped.ToString();
    }

    /// <summary>A coordinate with at most two decimals.</summary>
    public static string Number(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>At most <paramref name="length"/> characters, whole ones, with an ellipsis when something is left out.</summary>
    public static string Cut(string text, int length)
    {
        var elements = new StringInfo(text);
        return elements.LengthInTextElements <= length ? text : elements.SubstringByTextElements(0, length - 1).TrimEnd() + "…";
    }
}
