using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Espalier.Gateway.Ingress;

/// <summary>Reads a request's bytes within a limit.</summary>
internal static class RequestBody
{
    private const int FirstBuffer = 16 * 1024;

    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http, long limit, CancellationToken cancellationToken)
    {
        // The web server's own limit is lower and answers in its own form.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature) feature.MaxRequestBodySize = null;
        var declared = http.Request.ContentLength ?? 0;
        if (declared > limit) throw CallRefusal.TooLarge(limit);
        var buffer = new byte[Math.Clamp(declared + 1, 1, 1 << 20) is var size && declared > 0 ? size : FirstBuffer];
        var length = 0;
        while (true)
        {
            var read = await http.Request.Body.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0) return buffer.AsMemory(0, length);
            length += read;
            if (length > limit) throw CallRefusal.TooLarge(limit);
            if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        }
    }
}
