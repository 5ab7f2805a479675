namespace Espalier.Core.Traces.Redaction.Detectors.Keys;

/// <summary>Private keys in PEM (RFC 7468), also those whose end is cut off. Certificates and public keys stay.</summary>
internal sealed class PemDetector : IDetector
{
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";
    private const string Dashes = "-----";

    public string Kind => "key";

    public int Rank => 95;

    public Anchor Anchor => Anchor.Words;

    public IReadOnlyList<string> Words => [Begin];

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        var text = place.Text[place.At..];
        var label = text[Begin.Length..].IndexOf(Dashes, StringComparison.Ordinal);
        if (label is < 0 or > 64 || !text.Slice(Begin.Length, label).Contains("PRIVATE KEY", StringComparison.Ordinal)) return false;
        var body = Begin.Length + label + Dashes.Length;
        var end = text[body..].IndexOf(End, StringComparison.Ordinal);
        var length = end < 0 ? BodyEnd(text, body) : EndOfLast(text, body + end);
        finding = new Finding(place.At, place.At + length);
        return true;
    }

    private static int EndOfLast(ReadOnlySpan<char> text, int end)
    {
        var dashes = text[(end + End.Length)..].IndexOf(Dashes, StringComparison.Ordinal);
        return dashes is < 0 or > 64 ? end : end + End.Length + dashes + Dashes.Length;
    }

    private static int BodyEnd(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '+' or '/' or '=' or '\n' or '\r' or ' ')) at++;
        return at;
    }
}
