using System.Buffers;
using System.Security.Cryptography;

namespace Espalier.Core.Traces.Redaction.Detectors.Accounts;

/// <summary>Addresses of Bitcoin and its relatives in Base58Check: the last four bytes are the start of a double SHA-256 of the rest.</summary>
internal sealed class Base58Detector : IDetector
{
    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private const int Bytes = 25;

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    public string Kind => "account";

    public int Rank => 75;

    public Anchor Anchor => Anchor.Token;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = new Finding(place.At, place.End);
        if (finding.Length is < 26 or > 35) return false;
        var text = place.Text[place.At..place.End];
        return !text.ContainsAnyExcept(Characters) && IsChecked(text);
    }

    private static bool IsChecked(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        bytes.Clear();
        foreach (var c in text)
        {
            var carry = Alphabet.IndexOf(c);
            for (var i = Bytes - 1; i >= 0; i--)
            {
                carry += 58 * bytes[i];
                bytes[i] = (byte)carry;
                carry >>= 8;
            }

            if (carry != 0) return false;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..^4], hash);
        SHA256.HashData(hash, hash);
        return hash[..4].SequenceEqual(bytes[^4..]);
    }
}
