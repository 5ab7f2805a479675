using System.Security.Cryptography;
using System.Text;

namespace Espalier.Core.Shared;

/// <summary>Names things by their content: SHA-256 over length-prefixed parts, so that no two part lists collide by joining.</summary>
public static class ContentHash
{
    /// <summary>The first <paramref name="digits"/> hex digits; 32 digits are 128 bits.</summary>
    public static string Of(int digits, params ReadOnlySpan<string?> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part ?? "\0null");
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..digits];
    }
}
