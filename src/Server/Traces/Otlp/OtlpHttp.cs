using System.Globalization;
using System.Net.Http.Headers;
using Espalier.Core.Traces.Otlp;
using Microsoft.AspNetCore.Http.Features;
using Espalier.Server.Runs;

namespace Espalier.Server.Traces.Otlp;

/// <summary>OTLP over HTTP: protobuf or JSON, plain or compressed.</summary>
internal sealed class OtlpHttp(OtlpReceiver receiver, OtlpCounts counts, OtlpOptions options, ILogger<OtlpHttp> logger)
{
    public const string Protobuf = "application/x-protobuf";

    public const string Json = "application/json";

    private static readonly string[] Compressions = ["identity", "gzip", "x-gzip", "deflate", "br"];

    public async Task ServeAsync(HttpContext http, OtlpSignal signal)
    {
        try
        {
            var encoding = EncodingOf(http.Request.ContentType)
                ?? throw new OtlpRefusal(415, GrpcStatus.InvalidArgument, $"The body is marked as '{Cut(http.Request.ContentType)}'. Send {Protobuf} or {Json}.");
            var compression = http.Request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
            if (compression.Length > 0 && !Compressions.Contains(compression, StringComparer.Ordinal))
            {
                throw new OtlpRefusal(
                    415, GrpcStatus.InvalidArgument, $"The body is compressed with '{Cut(compression)}'. Send it plain, or with one of gzip, deflate and br; one, not several.");
            }

            // The web server would break the connection at its limit, before the client reads why; the buffer stops at the same one.
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
            if (http.Request.ContentLength > options.MaxBodyBytes) throw OtlpRefusal.TooLarge(options.MaxBodyBytes);
            using var body = receiver.NewBody();
            await body.FillAsync(http.Request.Body, compression, http.RequestAborted);
            var receipt = await receiver.TakeAsync(signal, encoding, body.Written, http.Features.Get<RunSpans>(), http.RequestAborted);
            await WriteAsync(http, 200, OtlpAnswers.Encode(receipt, signal, encoding), encoding);
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            if (OtlpRefusal.From(e, http, options) is not { } refusal) return;
            counts.RefusedBody(signal, refusal);
            if (refusal.Status >= 500) OtlpLog.ExportFailed(logger, http.Request.Path, http.TraceIdentifier, e);
            await RefuseAsync(http, refusal);
        }
    }

    /// <summary>Says it in the encoding of the request; in JSON where that cannot be told.</summary>
    public static Task RefuseAsync(HttpContext http, OtlpRefusal refusal)
    {
        if (refusal.RetryAfter is { } retry) http.Response.Headers.RetryAfter = OtlpAnswers.Seconds(retry).ToString(CultureInfo.InvariantCulture);
        if (refusal.Status == 415) http.Response.Headers.AcceptEncoding = "gzip, deflate, br";
        var encoding = EncodingOf(http.Request.ContentType) ?? OtlpEncoding.Json;
        return WriteAsync(http, refusal.Status, OtlpAnswers.Encode(refusal, encoding), encoding);
    }

    private static OtlpEncoding? EncodingOf(string? contentType) =>
        !MediaTypeHeaderValue.TryParse(contentType, out var media) ? null : media.MediaType?.ToLowerInvariant() switch
        {
            Protobuf or "application/protobuf" => OtlpEncoding.Protobuf,
            Json => OtlpEncoding.Json,
            _ => null,
        };

    private static async Task WriteAsync(HttpContext http, int status, byte[] answer, OtlpEncoding encoding)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = encoding is OtlpEncoding.Json ? Json : Protobuf;
        http.Response.ContentLength = answer.Length;
        await http.Response.Body.WriteAsync(answer, http.RequestAborted);
    }

    private static string Cut(string? text) => text is null ? "" : text.Length <= 60 ? text : text[..60] + "...";
}
