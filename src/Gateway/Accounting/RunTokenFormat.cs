using System.Security.Cryptography;
using System.Text;

namespace Espalier.Gateway.Accounting;

/// <summary>The shape of a run token: <c>espr_</c>, 30 random base62 characters, and 6 of the CRC-32 of all before.</summary>
/// <remarks>The checksum lets garbage be refused, and leaked tokens be found by scanners, without a look-up. It is no proof of anything.</remarks>
internal static class RunTokenFormat
{
    public const string Prefix = "espr_";

    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int RandomLength = 30;
    private const int ChecksumLength = 6;

    public static string Make()
    {
        var start = Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);
        return start + Checksum(start);
    }

    public static bool IsWellFormed(string token) =>
        token.Length == Prefix.Length + RandomLength + ChecksumLength && token.StartsWith(Prefix, StringComparison.Ordinal)
        && Checksum(token[..^ChecksumLength]) == token[^ChecksumLength..];

    private static string Checksum(string text)
    {
        var crc = Crc32(Encoding.ASCII.GetBytes(text));
        Span<char> digits = stackalloc char[ChecksumLength];
        for (var i = ChecksumLength - 1; i >= 0; i--)
        {
            digits[i] = Alphabet[(int)(crc % (uint)Alphabet.Length)];
            crc /= (uint)Alphabet.Length;
        }

        return new string(digits);
    }

    // The common CRC-32 (ISO 3309, reflected polynomial EDB88320); the framework has only the Castagnoli one without a package.
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
        }

        return ~crc;
    }
}
