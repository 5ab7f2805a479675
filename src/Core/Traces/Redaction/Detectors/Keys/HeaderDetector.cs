namespace Espalier.Core.Traces.Redaction.Detectors.Keys;

/// <summary>What stands behind <c>Bearer</c> and <c>Basic</c> in a header: a token of any provider. The scheme itself stays.</summary>
internal sealed class HeaderDetector : IDetector
{
    private const int Fewest = 12;

    public string Kind => "key";

    // Below keys of a known form: they say more, and both take the same characters.
    public int Rank => 88;

    public Anchor Anchor => Anchor.Words;

    public IReadOnlyList<string> Words => ["Bearer ", "bearer ", "BEARER ", "Basic ", "basic "];

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        var text = place.Text;
        if (char.IsLetterOrDigit(place.Before)) return false;
        var end = place.End;
        var (digits, capitals) = (0, 0);
        while (end < text.Length && IsToken(text[end]))
        {
            if (char.IsAsciiDigit(text[end])) digits++;
            else if (char.IsAsciiLetterUpper(text[end])) capitals++;
            end++;
        }

        while (end > place.End && text[end - 1] == '.') end--;
        // Words follow "basic" and "bearer" in sentences; a token has digits, capitals within or the padding of base64.
        if (end - place.End < Fewest || (digits == 0 && capitals < 2 && text[end - 1] != '=')) return false;
        finding = new Finding(place.End, end);
        return true;
    }

    // token68 of RFC 9110.
    private static bool IsToken(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~' or '+' or '/' or '=';
}
