using System.Buffers;
using System.Text;

namespace Espalier.Gateway.Policies.CallSites;

/// <summary>Takes out of a prompt what changes from call to call and leaves its template.</summary>
/// <remarks>Word by word, in one pass: quoted texts and values behind an equals sign or in a data block become <c>"</c>; words with a digit, addresses, links, paths and names of months
/// and days become <c>#</c>, and a run of those is one. Letter case and white space do not count. Values that are plain words, unquoted, cannot be told from the template.</remarks>
internal static class TemplateText
{
    /// <summary>Longer quotations are no values: a quotation mark that is never closed must not swallow the rest.</summary>
    private const int LongestQuote = 400;

    private static readonly SearchValues<char> Rule = SearchValues.Create("-=*#_~");

    private static readonly HashSet<string> Times =
    [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "jan", "feb", "mar", "apr", "jun", "jul",
        "aug", "sep", "sept", "oct", "nov", "dec", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "wed", "thu", "fri", "sat", "sun",
        "utc", "gmt", "am", "pm",
    ];

    public static string Of(string text)
    {
        var template = new StringBuilder(Math.Min(text.Length, 4096));
        var last = "";
        for (var at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            string word;
            if (QuoteLength(text, at) is > 0 and var length)
            {
                (word, at) = ("\"", at + length);
            }
            else
            {
                var end = at;
                while (end < text.Length && !char.IsWhiteSpace(text[end]) && (end == at || QuoteLength(text, end) == 0)) end++;
                (word, at) = (Mark(text.AsSpan(at, end - at)), end);
            }

            // Three numbers in a row are as much a value as one: "12 March 2026" and "2026-03-12".
            if (word.Length == 0 || (word is "#" or "\"" && last == word)) continue;
            if (template.Length > 0) template.Append(' ');
            template.Append(word);
            last = word;
        }

        return template.ToString();
    }

    private static string Mark(ReadOnlySpan<char> word)
    {
        var bare = word.Trim(".,;:!?()[]{}<>*`\"'");
        if (bare.IsEmpty) return word.Length > 1 && !word.ContainsAnyExcept(Rule) ? "---" : word.ToString();
        if (IsValue(bare)) return "#";
        var lower = bare.ToString().ToLowerInvariant();
        return Times.Contains(lower) ? "#" : lower;
    }

    private static bool IsValue(ReadOnlySpan<char> word)
    {
        foreach (var c in word)
            if (char.IsDigit(c)) return true;
        return word.Contains('@') || word.Contains("://", StringComparison.Ordinal) || word is ['/', _, ..];
    }

    /// <summary>Length of the quotation that begins here, marks included; 0 when none does.</summary>
    private static int QuoteLength(string text, int at)
    {
        var close = text[at] switch { '"' => '"', '\u201c' => '\u201d', '\u00ab' => '\u00bb', '\u201e' => '\u201c', '`' => '`', '\'' when IsOpening(text, at) => '\'', _ => '\0' };
        if (close == '\0' || at + 1 >= text.Length) return 0;
        var end = text.IndexOf(close, at + 1, Math.Min(LongestQuote, text.Length - at - 1));
        // An apostrophe inside a word closes nothing.
        while (close == '\'' && end > 0 && end + 1 < text.Length && char.IsLetterOrDigit(text[end + 1]))
            end = text.IndexOf(close, end + 1, Math.Max(0, Math.Min(LongestQuote - (end - at), text.Length - end - 1)));
        if (end < 0 || text.AsSpan(at, end - at).Contains('\n')) return 0;
        return end - at + 1;
    }

    private static bool IsOpening(string text, int at) => at == 0 || char.IsWhiteSpace(text[at - 1]) || text[at - 1] is '(' or '[' or '=' or ':' or ',';
}
