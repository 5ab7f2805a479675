using System.Text;

namespace Espalier.Core.Shared;

/// <summary>The shape of keys: <c>esp</c>, a letter for the kind, <c>_</c>, 30 random base62 characters, 6 of the CRC-32 of all before.</summary>
/// <remarks>The checksum lets garbage be refused, and leaked keys be found by scanners, without a look-up. It is no proof of anything.</remarks>
public static class KeyFormat
{
    /// <summary>One run's token, which agents send as their API key.</summary>
    public const string Run = "espr_";

    /// <summary>A virtual key.</summary>
    public const string Api = "espk_";

    /// <summary>The token of a local server, for its own command line.</summary>
    public const string Local = "espl_";

    public const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Characters that the caller draws; 178 bits, so nobody guesses one.</summary>
    public const int RandomLength = 30;

    private const int ChecksumLength = 6;

    private const int MostLength = 64;

    /// <param name="prefix">The kind: <see cref="Run"/>, <see cref="Api"/> or <see cref="Local"/>.</param>
    /// <param name="random"><see cref="RandomLength"/> characters of <see cref="Alphabet"/> from a cryptographic source; Core has no dice.</param>
    public static string Make(string prefix, string random)
    {
        if (random.Length != RandomLength) throw new ArgumentException($"A key has {RandomLength} random characters, not {random.Length}.", nameof(random));
        var start = prefix + random;
        Span<char> checksum = stackalloc char[ChecksumLength];
        WriteChecksum(start, checksum);
        return string.Concat(start, checksum);
    }

    public static bool IsWellFormed(string key, string prefix) =>
        key.Length == prefix.Length + RandomLength + ChecksumLength && key.StartsWith(prefix, StringComparison.Ordinal) && HasChecksum(key);

    private static bool HasChecksum(ReadOnlySpan<char> key)
    {
        Span<char> checksum = stackalloc char[ChecksumLength];
        WriteChecksum(key[..^ChecksumLength], checksum);
        return checksum.SequenceEqual(key[^ChecksumLength..]);
    }

    private static void WriteChecksum(ReadOnlySpan<char> text, Span<char> digits)
    {
        Span<byte> bytes = stackalloc byte[MostLength];
        var crc = Crc32(bytes[..Encoding.ASCII.GetBytes(text, bytes)]);
        for (var i = ChecksumLength - 1; i >= 0; i--)
        {
            digits[i] = Alphabet[(int)(crc % (uint)Alphabet.Length)];
            crc /= (uint)Alphabet.Length;
        }
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
