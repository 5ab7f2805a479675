namespace Espalier.Core.Traces.Redaction.Detectors.Keys;

/// <summary>Keys and tokens of the known providers, by <see cref="KeyForms"/>.</summary>
internal sealed class KeyDetector : IDetector
{
    public string Kind => "key";

    public int Rank => 90;

    public Anchor Anchor => Anchor.Words;

    public IReadOnlyList<string> Words { get; } = [.. KeyForms.All.Select(form => form.Prefix)];

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        if (char.IsLetterOrDigit(place.Before) || place.Before == '_') return false;
        var text = place.Text[place.At..];
        foreach (var form in KeyForms.All)
        {
            if (!text.StartsWith(form.Prefix, StringComparison.Ordinal)) continue;
            var end = End(text, form);
            if (end - form.Prefix.Length < form.Fewest || end - form.Prefix.Length > form.Most || !IsRandom(text[form.Prefix.Length..end])) continue;
            finding = new Finding(place.At, place.At + end);
            return true;
        }

        return false;
    }

    private static int End(ReadOnlySpan<char> text, KeyForm form)
    {
        var end = form.Prefix.Length;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || form.Punctuation.Contains(text[end]))) end++;
        // The full stop or dash of the sentence.
        while (end > form.Prefix.Length && !char.IsAsciiLetterOrDigit(text[end - 1]) && text[end - 1] != '=') end--;
        return end;
    }

    // Words joined by hyphens are no key: a key has digits, or capitals among small letters, in a long piece.
    private static bool IsRandom(ReadOnlySpan<char> body)
    {
        var (digits, upper, lower) = (0, 0, 0);
        foreach (var c in body)
        {
            if (char.IsAsciiDigit(c)) digits++;
            else if (char.IsAsciiLetterUpper(c)) upper++;
            else if (char.IsAsciiLetterLower(c)) lower++;
        }

        return digits >= 2 || (upper >= 3 && lower >= 3);
    }
}
