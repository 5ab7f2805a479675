using System.Buffers;

namespace Espalier.Core.Traces.Redaction.Detectors.IpAddresses;

/// <summary>IPv6 addresses (RFC 4291), shortened ones and those with an IPv4 tail included; loopback, link and unspecified stay.</summary>
internal sealed class IpV6Detector : IDetector
{
    private const int Longest = 45;

    private static readonly SearchValues<char> Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    public string Kind => "ip";

    public int Rank => 60;

    public Anchor Anchor => Anchor.Number | Anchor.Token;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        var text = place.Text;
        if (place.Before != ':' && EndOfHex(text, place.At) is var hex && (hex >= text.Length || text[hex] != ':')) return false;
        var start = text[Math.Max(0, place.At - Longest)..place.At].LastIndexOfAnyExcept(Characters) + 1 + Math.Max(0, place.At - Longest);
        var length = text[start..].IndexOfAnyExcept(Characters);
        var end = length < 0 ? text.Length : start + length;
        // A colon or full stop of the sentence, or of JSON.
        while (end > start && text[end - 1] == '.') end--;
        if (end - start >= 2 && text[end - 1] == ':' && text[end - 2] != ':') end--;
        if (start < end - 1 && text[start] == ':' && text[start + 1] != ':') start++;
        if (end - start is < 4 or > Longest || (start > 0 && IsWord(text[start - 1])) || (end < text.Length && IsWord(text[end]))) return false;
        var candidate = text[start..end];
        if (candidate.Count(':') is var colons && colons != 7 && !candidate.Contains("::", StringComparison.Ordinal)) return false;
        Span<ushort> groups = stackalloc ushort[IpV6Form.Groups];
        if (!IpV6Form.TryRead(candidate, groups) || IsLocal(groups)) return false;
        // 1::2 is a slice of a list as well as an address.
        if (candidate.IndexOf(':') < 4 && colons < 4 && !candidate.Contains('.')) return false;
        finding = new Finding(start, end);
        return true;
    }

    public string Normalize(ReadOnlySpan<char> value)
    {
        Span<ushort> groups = stackalloc ushort[IpV6Form.Groups];
        return IpV6Form.TryRead(value, groups) ? Convert.ToHexStringLower(System.Runtime.InteropServices.MemoryMarshal.AsBytes(groups)) : value.ToString();
    }

    // Unspecified, loopback, link-local; the last also as an IPv4 address in the form of IPv6.
    private static bool IsLocal(ReadOnlySpan<ushort> groups) =>
        (groups[0] & 0xffc0) == 0xfe80
        || (!groups[..5].ContainsAnyExcept((ushort)0) && (groups[5] == 0xffff ? groups[6] is 0xa9fe or >= 0x7f00 and <= 0x7fff : groups[5] == 0 && groups[6] == 0 && groups[7] <= 1));

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';

    private static int EndOfHex(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsAsciiHexDigit(text[at])) at++;
        return at;
    }
}
