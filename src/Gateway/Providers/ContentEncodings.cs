using System.IO.Compression;

namespace Espalier.Gateway.Providers;

/// <summary>Answers that come compressed: read as what they hold, and passed on as that.</summary>
internal static class ContentEncodings
{
    public const string Accepted = "gzip, br, deflate";

    /// <summary>The response, its content decoded where it says that it is encoded.</summary>
    public static HttpResponseMessage Decoded(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentEncoding.LastOrDefault() is not { } encoding) return response;
        Func<Stream, Stream>? decode = encoding.ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => inner => new GZipStream(inner, CompressionMode.Decompress),
            "br" => inner => new BrotliStream(inner, CompressionMode.Decompress),
            "deflate" => inner => new ZLibStream(inner, CompressionMode.Decompress),
            _ => null,
        };
        if (decode is null) return response;
        var content = new StreamContent(decode(response.Content.ReadAsStream()));
        foreach (var (name, values) in response.Content.Headers.NonValidated)
            if (!name.Equals("content-length", StringComparison.OrdinalIgnoreCase) && !name.Equals("content-encoding", StringComparison.OrdinalIgnoreCase))
                content.Headers.TryAddWithoutValidation(name, values);
        response.Content = content;
        return response;
    }
}
