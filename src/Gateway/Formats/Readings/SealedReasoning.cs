using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Espalier.Gateway.Formats.Readings;

/// <summary>Reasoning that a provider gives out encrypted, for its own account alone to read again.</summary>
internal static class SealedReasoning
{
    public static string Hash(string sealedText) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sealedText)).AsSpan(0, 16));

    /// <summary>Hashes of all that a request sends back.</summary>
    public static IReadOnlySet<string> In(ReadOnlyMemory<byte> body)
    {
        var found = new HashSet<string>();
        if (body.Span.IndexOf("\"encrypted_content\""u8) < 0) return found;
        var json = new Utf8JsonReader(body.Span, Json.WireReader.Options);
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.PropertyName || !json.ValueTextEquals("encrypted_content"u8)) continue;
            json.Read();
            if (json.TokenType == JsonTokenType.String && json.GetString() is { Length: > 0 } text) found.Add(Hash(text));
        }

        return found;
    }
}
