using System.Globalization;
using System.Text;

namespace Espalier.Cli.Frontiers;

/// <summary>Foreign text made fit for a terminal: one line, no control characters, a known number of columns.</summary>
internal static class TerminalText
{
    /// <summary>Escape codes could colour, move or retitle the terminal, so control and format characters become a dot.</summary>
    public static string Clean(string text, bool plain)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var isControl = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
            if (rune.Value is '\n' or '\r' or '\t') clean.Append(' ');
            else if (isControl) clean.Append(plain ? '.' : '·');
            else if (plain && !rune.IsAscii) clean.Append('?');
            else clean.Append(rune.ToString());
        }

        return clean.ToString();
    }

    /// <summary>Cleaned and cut to so many columns.</summary>
    public static string Cut(string text, int columns, bool plain)
    {
        var clean = Clean(text, plain);
        if (Columns(clean) <= columns) return clean;
        var ellipsis = plain ? "..." : "…";
        var cut = new StringBuilder();
        var left = columns - ellipsis.Length;
        foreach (var rune in clean.EnumerateRunes())
        {
            left -= Columns(rune);
            if (left < 0) break;
            cut.Append(rune.ToString());
        }

        return cut.ToString().TrimEnd() + ellipsis;
    }

    public static int Columns(string text) => text.EnumerateRunes().Sum(Columns);

    // Combining marks take no column; East Asian characters and emoji take two.
    private static int Columns(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? 0
        : rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
            or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1;
}
