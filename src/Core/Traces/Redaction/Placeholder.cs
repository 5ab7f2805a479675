using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Espalier.Core.Traces.Redaction;

/// <summary>What stands for a redacted value: <c>[EMAIL:3f9ac2d1b07e]</c>, the kind and twelve hex digits.</summary>
/// <remarks>The digits are the first 48 bits of HMAC-SHA-256 (RFC 2104) of kind and value: one value has one placeholder everywhere, so traces still
/// join and count by it, and nobody without the key can tell from a guess whether it is right. Two of a million values share one with a
/// probability of 0.2%.</remarks>
public static class Placeholder
{
    private const int Digits = 12;
    private const int LongestKind = 40;

    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> KindLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    public static string Make(ReadOnlySpan<byte> key, string kind, string value)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{kind}\0{value}"), hash);
        return $"[{kind.ToUpperInvariant().Replace('-', '_')}:{Convert.ToHexStringLower(hash[..(Digits / 2)])}]";
    }

    /// <summary>End of the placeholder that begins at the start of the text, or 0 when none does.</summary>
    public static int LengthAtStart(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] != '[') return 0;
        var kind = text[1..].IndexOfAnyExcept(KindLetters);
        var end = 1 + kind + 1 + Digits;
        return kind is > 0 and <= LongestKind && text.Length > end && text[1 + kind] == ':' && text[end] == ']'
            && !text[(2 + kind)..end].ContainsAnyExcept(Hex)
            ? end + 1
            : 0;
    }
}
