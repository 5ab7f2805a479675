using System.Buffers.Text;
using System.Text;

namespace Espalier.Core.Traces.Redaction.Detectors.Keys;

/// <summary>JSON web tokens (RFC 7519): three parts in base64url whose first reads as a header.</summary>
internal sealed class JwtDetector : IDetector
{
    public string Kind => "key";

    public int Rank => 92;

    public Anchor Anchor => Anchor.Words;

    public IReadOnlyList<string> Words => ["eyJ"];

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        if (IsPart(place.Before)) return false;
        var text = place.Text[place.At..];
        var header = PartEnd(text, 0);
        if (header is < 10 or > 2048 || header >= text.Length || text[header] != '.') return false;
        var payload = PartEnd(text, header + 1);
        if (payload < header + 5 || !IsHeader(text[..header])) return false;
        // An unsigned token ends with its second point.
        var end = payload < text.Length && text[payload] == '.' ? PartEnd(text, payload + 1) : payload;
        finding = new Finding(place.At, place.At + end);
        return true;
    }

    private static bool IsHeader(ReadOnlySpan<char> part)
    {
        var bytes = new byte[part.Length];
        return Base64Url.TryDecodeFromChars(part, bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length) is var header && header.StartsWith("{\"", StringComparison.Ordinal)
            && (header.Contains("\"alg\"", StringComparison.Ordinal) || header.Contains("\"enc\"", StringComparison.Ordinal));
    }

    private static int PartEnd(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && IsPart(text[at])) at++;
        return at;
    }

    private static bool IsPart(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
}
