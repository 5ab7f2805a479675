using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Espalier.Gateway.Ingress;

/// <summary>Reads a request's bytes within limits of size and time.</summary>
internal static class RequestBody
{
    private const int FirstBuffer = 16 * 1024;

    /// <exception cref="CallRefusal">It is too large, takes too long, or is compressed.</exception>
    public static Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http, GatewayOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        ReadAsync(http, options.MaxBodyBytes, options.BodyTimeout, time, cancellationToken);

    /// <exception cref="CallRefusal">It is too large, takes too long, or is compressed.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http, long limit, TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        if (http.Request.Headers.ContentEncoding is { Count: > 0 } encoding && !encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase)) throw CallRefusal.Compressed(encoding.ToString());
        // The web server's own limit is lower and answers in its own form.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature) feature.MaxRequestBodySize = null;
        var declared = http.Request.ContentLength ?? 0;
        if (declared > limit) throw CallRefusal.TooLarge(limit);
        var buffer = new byte[Math.Clamp(declared + 1, 1, 1 << 20) is var size && declared > 0 ? size : FirstBuffer];
        var length = 0;
        var start = time.GetTimestamp();
        while (true)
        {
            // The web server ends connections that say next to nothing for some seconds, so that this comes to an end; those that drip are up to us.
            var read = await http.Request.Body.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0) return buffer.AsMemory(0, length);
            length += read;
            if (length > limit) throw CallRefusal.TooLarge(limit);
            if (time.GetElapsedTime(start) > longest) throw CallRefusal.TooSlow(longest);
            if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        }
    }
}
