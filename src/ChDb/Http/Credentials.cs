using System.Security.Cryptography;
using System.Text;

namespace Espalier.ChDb.Http;

/// <summary>The key that every request must show, in any of the places where ClickHouse's clients put it.</summary>
internal sealed class Credentials(string? key)
{
    private readonly byte[]? _expected = key is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>The key is the file's first line.</summary>
    public static Credentials FromFile(string? path)
    {
        if (path is null) return new(null);
        var key = File.ReadLines(path).FirstOrDefault()?.Trim();
        return string.IsNullOrEmpty(key) ? throw new FormatException($"The key file {path} is empty.") : new(key);
    }

    public bool Allow(HttpRequest request)
    {
        if (_expected is null) return true;
        var shown = Shown(request);
        // Hashes have one length, so the comparison tells nothing by its time.
        return shown is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), _expected);
    }

    private static string? Shown(HttpRequest request)
    {
        if (request.Headers.TryGetValue("X-ClickHouse-Key", out var header)) return header;
        if (request.Headers.Authorization is [{ } authorization] && authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            var bytes = new byte[authorization.Length];
            if (!Convert.TryFromBase64String(authorization[6..].Trim(), bytes, out var length)) return null;
            var pair = Encoding.UTF8.GetString(bytes, 0, length);
            return pair.Contains(':', StringComparison.Ordinal) ? pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..] : null;
        }

        return request.Query.TryGetValue("password", out var parameter) ? parameter.ToString() : null;
    }
}
