using System.Security.Cryptography;
using System.Text;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Keys;

/// <summary>What is kept of a virtual key's secret.</summary>
internal static class KeyHash
{
    public static string NewSecret() => KeyFormat.Make(KeyFormat.Api, RandomNumberGenerator.GetString(KeyFormat.Alphabet, KeyFormat.RandomLength));

    public static byte[] Of(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
