using System.Buffers;

namespace Espalier.Core.Traces.Redaction.Detectors.Emails;

/// <summary>E-mail addresses as people write them (the dot-atom form of RFC 5322, letters of all scripts), also with <c>%40</c> as in URLs.</summary>
internal sealed class EmailDetector : IDetector
{
    private const int LongestLocal = 64;
    private const int LongestDomain = 253;

    private static readonly SearchValues<char> Ascii =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$&'*+/=?^_`{|}~-");

    private static readonly SearchValues<char> Signs = SearchValues.Create("=/?&'`{|}!*^$#");

    // Names of files and packages, not of hosts: logo@2x.png, lib@latest.js.
    private static readonly HashSet<string> NoDomains =
        new(["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "html"], StringComparer.OrdinalIgnoreCase);

    public string Kind => "email";

    public int Rank => 50;

    public Anchor Anchor => Anchor.AtSign | Anchor.Words;

    public IReadOnlyList<string> Words => ["%40"];

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        var text = place.Text;
        var start = place.At;
        while (start > 0 && place.At - start < LongestLocal && IsLocal(text[start - 1])) start--;
        // What begins a local part is a letter or digit: quotes, brackets and '=' around an address are not part of it.
        while (start < place.At && !char.IsLetterOrDigit(text[start]) && text[start] != '_') start++;
        // %3Cjane@example.com
        if (start > 0 && text[start - 1] == '%' && start + 2 < place.At && IsEscape(text[start..])) start += 2;
        if (start >= place.At) return false;
        start = AfterAssignment(text, start, place.At);
        if (start >= place.At || text[place.At - 1] == '.') return false;
        var end = DomainEnd(text, place.End);
        if (end < 0) return false;
        finding = new Finding(start, end);
        return true;
    }

    public string Normalize(ReadOnlySpan<char> value) => value.ToString().Replace("%40", "@", StringComparison.Ordinal).ToLowerInvariant();

    private static bool IsLocal(char c) => c < 128 ? Ascii.Contains(c) : char.IsLetterOrDigit(c);

    // user=jane@example.com, /mailto/jane@example.com, 'jane@example.com: signs that are allowed in an address and never are in one.
    private static int AfterAssignment(ReadOnlySpan<char> text, int start, int at) =>
        start + 1 + text[start..at].LastIndexOfAny(Signs);

    private static bool IsEscape(ReadOnlySpan<char> text) => char.IsAsciiHexDigit(text[0]) && char.IsAsciiHexDigit(text[1]);

    /// <summary>End of a host name of at least two labels whose last is letters; -1 when there is none.</summary>
    private static int DomainEnd(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        var label = start;
        var good = -1;
        while (end - start <= LongestDomain)
        {
            var c = end < text.Length ? text[end] : '\0';
            if (char.IsLetterOrDigit(c) || (c == '-' && end > label))
            {
                end++;
                continue;
            }

            if (end == label || end - label > 63) break;
            if (label > start && IsTopLevel(text[label..end])) good = end;
            if (c != '.') break;
            label = ++end;
        }

        return good;
    }

    private static bool IsTopLevel(ReadOnlySpan<char> label)
    {
        if (label.Length < 2) return false;
        if (label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase)) return true;
        foreach (var c in label)
        {
            if (!char.IsLetter(c)) return false;
        }

        return !NoDomains.GetAlternateLookup<ReadOnlySpan<char>>().Contains(label);
    }
}
