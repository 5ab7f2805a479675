using System.Text;
using System.Text.RegularExpressions;

namespace Espalier.Core.Traces.Redaction;

/// <summary>Redacts by the detectors that the options choose.</summary>
/// <param name="options">Which kinds; validated.</param>
/// <param name="key">Key of the placeholders; at least 32 bytes.</param>
public sealed class TextRedactor(RedactionOptions options, byte[] key) : IRedactor
{
    private const string Unread = "unread";
    private const string Secret = "secret";

    // Taking one value out can lay another one bare; in practice the second look finds nothing.
    private const int MostRounds = 4;

    private readonly TextScan _scan = new(options);

    public string Redact(string text)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            var next = RedactOnce(text);
            if (ReferenceEquals(next, text)) break;
            text = next;
        }

        return text;
    }

    public string RedactWhole(string text)
    {
        var redacted = RedactOnce(text);
        return !ReferenceEquals(redacted, text) && Placeholder.LengthAtStart(redacted) == redacted.Length ? redacted : text;
    }

    public string Hide(string text) => text.Length == 0 || Placeholder.LengthAtStart(text) == text.Length ? text : Placeholder.Make(key, Secret, text);

    /// <summary>What is found in a text, by position; for measuring.</summary>
    public IReadOnlyList<(Finding Finding, string Kind)> Find(string text)
    {
        var findings = new FindingList();
        if (!text.Contains('\\'))
        {
            _scan.Find(text, ref findings);
            return [.. findings.Resolve(text).Select(entry => (entry.Finding, entry.Kind))];
        }

        using var escaped = EscapedText.Read(text);
        _scan.Find(escaped.View, ref findings);
        var list = new List<(Finding, string)>();
        foreach (var entry in findings.Resolve(escaped.View)) list.Add((new Finding(escaped.ToSource(entry.Finding.Start), escaped.ToSource(entry.Finding.End)), entry.Kind));
        return list;
    }

    private string RedactOnce(string text)
    {
        var findings = new FindingList();
        try
        {
            if (!text.Contains('\\'))
            {
                _scan.Find(text, ref findings);
                return findings.IsEmpty ? text : Replace(text, text, findings.Resolve(text), default, isEscaped: false);
            }

            using var escaped = EscapedText.Read(text);
            _scan.Find(escaped.View, ref findings);
            return findings.IsEmpty ? text : Replace(text, escaped.View, findings.Resolve(escaped.View), escaped, isEscaped: true);
        }
        catch (RegexMatchTimeoutException)
        {
            // Nobody can say what is in it, so none of it is kept.
            return Placeholder.Make(key, Unread, text);
        }
    }

    private string Replace(string text, ReadOnlySpan<char> view, List<FindingList.Entry> entries, EscapedText escaped, bool isEscaped)
    {
        if (entries.Count == 0) return text;
        var result = new StringBuilder(text.Length + (entries.Count * 8));
        var at = 0;
        foreach (var entry in entries)
        {
            var start = isEscaped ? escaped.ToSource(entry.Finding.Start) : entry.Finding.Start;
            var end = isEscaped ? escaped.ToSource(entry.Finding.End) : entry.Finding.End;
            if (start < at) continue;
            var value = view[entry.Finding.Start..entry.Finding.End];
            var quotes = Detectors.Checksums.AllDigits(value) ? JsonQuotes.Around(text, start, end) : "";
            if (quotes.Length > 0 && start > at && text[start - 1] == '-') start--;
            result.Append(text, at, start - at).Append(quotes)
                .Append(Placeholder.Make(key, entry.Kind, entry.Detector?.Normalize(value) ?? value.ToString()))
                .Append(quotes);
            at = end;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }
}
