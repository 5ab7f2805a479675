using System.Security.Cryptography;
using System.Text;

namespace Espalier.Gateway.Keys;

/// <summary>Encrypts small secrets at rest: a fresh data key for each, AES-256-GCM, the data key wrapped by the master key.</summary>
/// <remarks>What a secret belongs to is authenticated with it, so one cannot be put in another's place. The form is
/// <c>1.WRAPPED.SEALED</c> in base64, each nonce, tag and text.</remarks>
internal sealed class SecretBox(byte[] masterKey)
{
    public const int KeyBytes = 32;

    private const string Format = "1";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <param name="secret">The secret.</param>
    /// <param name="belongsTo">Where it lies: <c>provider-key/openai</c>.</param>
    public string Seal(string secret, string belongsTo)
    {
        var dataKey = RandomNumberGenerator.GetBytes(KeyBytes);
        var about = Encoding.UTF8.GetBytes(belongsTo);
        var text = Encoding.UTF8.GetBytes(secret);
        try
        {
            return $"{Format}.{Convert.ToBase64String(Encrypt(masterKey, dataKey, about))}.{Convert.ToBase64String(Encrypt(dataKey, text, about))}";
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <exception cref="CryptographicException">Another master key, another place, or changed bytes.</exception>
    public string Open(string box, string belongsTo)
    {
        var parts = box.Split('.');
        if (parts is not [Format, var wrapped, var locked]) throw new CryptographicException("The stored secret is of no form that this program knows.");
        var about = Encoding.UTF8.GetBytes(belongsTo);
        var dataKey = Decrypt(masterKey, Bytes(wrapped), about);
        try
        {
            return Encoding.UTF8.GetString(Decrypt(dataKey, Bytes(locked), about));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    private static byte[] Bytes(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? bytes[..length] : throw new CryptographicException("The stored secret is damaged.");
    }

    private static byte[] Encrypt(byte[] key, byte[] text, byte[] about)
    {
        var output = new byte[NonceBytes + TagBytes + text.Length];
        var nonce = output.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, text, output.AsSpan(NonceBytes + TagBytes), output.AsSpan(NonceBytes, TagBytes), about);
        return output;
    }

    private static byte[] Decrypt(byte[] key, byte[] input, byte[] about)
    {
        if (input.Length < NonceBytes + TagBytes) throw new CryptographicException("The stored secret is damaged.");
        var text = new byte[input.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(input.AsSpan(0, NonceBytes), input.AsSpan(NonceBytes + TagBytes), input.AsSpan(NonceBytes, TagBytes), text, about);
        return text;
    }
}
