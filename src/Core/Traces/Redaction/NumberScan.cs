using System.Buffers;

namespace Espalier.Core.Traces.Redaction;

/// <summary>Reads groups of digits that belong together: <c>+41 (0)96 471 07 95</c> is five groups and a zero.</summary>
internal static class NumberScan
{
    /// <summary>More groups than any number has; a longer table of numbers is read in pieces.</summary>
    public const int MostGroups = 24;

    private const int LongestSeparator = 3;

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_");

    /// <summary>The token around a digit: letters, digits and <c>_</c> that touch each other.</summary>
    public static (int Start, int End) Token(ReadOnlySpan<char> text, int digit)
    {
        var start = text[..digit].LastIndexOfAnyExcept(TokenCharacters) + 1;
        var length = text[digit..].IndexOfAnyExcept(TokenCharacters);
        return (start, length < 0 ? text.Length : digit + length);
    }

    /// <summary>True when a letter or <c>_</c> touches the digits; an extension (<c>x123</c>) does not count as one.</summary>
    public static bool TouchesLetter(ReadOnlySpan<char> text, int start, int end)
    {
        if (start > 0 && IsLetter(text[start - 1])) return true;
        return end < text.Length && IsLetter(text[end]) && ExtensionEnd(text, end) == 0;
    }

    /// <summary>End of <c>x1234</c> that begins here; 0 when there is none.</summary>
    public static int ExtensionEnd(ReadOnlySpan<char> text, int at)
    {
        if (at >= text.Length || text[at] is not ('x' or 'X')) return 0;
        var end = at + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        return end - at is >= 2 and <= 7 && (end == text.Length || !IsLetter(text[end])) ? end : 0;
    }

    public static int EndOfDigits(ReadOnlySpan<char> text, int start)
    {
        var end = start + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        return end;
    }

    /// <summary>Reads the groups from a first digit on. A group that touches a letter ends it and does not belong to it.</summary>
    /// <returns>How many groups; 0 when the first one touches a letter.</returns>
    public static int Read(ReadOnlySpan<char> text, int first, Span<DigitGroup> groups)
    {
        var count = 0;
        var at = first;
        var separator = '\0';
        while (count < groups.Length)
        {
            var end = EndOfDigits(text, at);
            if (TouchesLetter(text, at, end)) break;
            groups[count++] = new DigitGroup(at, end, separator);
            if (ExtensionEnd(text, end) != 0) break;
            var next = end;
            separator = '\0';
            while (next < text.Length && next - end < LongestSeparator && Separator(text[next]) is var found and not '\0')
            {
                if (separator is not '(') separator = found is ' ' && separator is not '\0' ? separator : found;
                next++;
            }

            if (next == end || next >= text.Length || !char.IsAsciiDigit(text[next])) break;
            at = next;
        }

        return count;
    }

    private static bool IsLetter(char c) => c == '_' || char.IsLetter(c);

    // No-break spaces and the hyphens that word processors put are what they look like.
    private static char Separator(char c) => c switch
    {
        ' ' or '\u00a0' or '\u202f' or '\u2009' => ' ',
        '-' or '\u2010' or '\u2011' or '\u2012' or '\u2013' => '-',
        '.' => '.',
        '/' => '/',
        '(' or ')' => '(',
        _ => '\0',
    };
}
