using System.Security.Cryptography;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Keys;

/// <summary>The key that protects all stored secrets.</summary>
internal static class MasterKey
{
    public const string FileName = "master.key";

    /// <summary>From <c>ESPALIER_MASTER_KEY</c> (64 hex digits), from the file that <c>ESPALIER_MASTER_KEY_FILE</c> names, or from a file in a
    /// folder that only its owner may read, which is made at the first need.</summary>
    /// <exception cref="Refusal">It is no key.</exception>
    public static byte[] Read(string folder, Func<string, string?> environment)
    {
        if (environment("ESPALIER_MASTER_KEY") is { Length: > 0 } given) return Parse(given, "ESPALIER_MASTER_KEY");
        if (environment("ESPALIER_MASTER_KEY_FILE") is { Length: > 0 } named) return Parse(File.ReadAllText(named), named);
        var file = Path.Combine(folder, FileName);
        if (File.Exists(file)) return Parse(File.ReadAllText(file), file);
        PrivateFiles.MakeFolder(folder);
        var made = RandomNumberGenerator.GetBytes(SecretBox.KeyBytes);
        PrivateFiles.Write(file, Convert.ToHexStringLower(made));
        return made;
    }

    private static byte[] Parse(string text, string where)
    {
        var digits = text.Trim();
        return digits.Length == SecretBox.KeyBytes * 2 && digits.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(digits)
            : throw new Refusal("master-key-not-valid", 422, $"The master key in {where} is not {SecretBox.KeyBytes * 2} hex digits.", "Write one, as 'openssl rand -hex 32' makes it.");
    }
}
