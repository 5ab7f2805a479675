using System.Text;

namespace Espalier.Gateway.Keys;

/// <summary>Takes a secret that is known out of what others wrote.</summary>
internal static class KnownSecret
{
    // Shorter ones are no secrets, and would be found in every text.
    private const int ShortestSecret = 8;

    private static readonly byte[] Instead = "***"u8.ToArray();

    /// <summary>The text with the secret's bytes replaced; the very same when they are not in it.</summary>
    public static ReadOnlyMemory<byte> Remove(ReadOnlyMemory<byte> text, string? secret)
    {
        if (secret is null || secret.Length < ShortestSecret) return text;
        var bytes = Encoding.UTF8.GetBytes(secret);
        if (text.Span.IndexOf(bytes) < 0) return text;
        var output = new MemoryStream(text.Length);
        var rest = text.Span;
        for (int at; (at = rest.IndexOf(bytes)) >= 0; rest = rest[(at + bytes.Length)..])
        {
            output.Write(rest[..at]);
            output.Write(Instead);
        }

        output.Write(rest);
        return output.ToArray();
    }
}
