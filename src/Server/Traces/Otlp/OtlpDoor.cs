using System.Text;

namespace Espalier.Server.Traces.Otlp;

/// <summary>Who may export, and how the others are told.</summary>
internal static class OtlpDoor
{
    private const string BasicScheme = "Basic ";

    public static OtlpRefusal NoToken { get; } = new(
        401, GrpcStatus.Unauthenticated,
        "This needs the server's token, which lies in the data folder, in the file 'token'. Send it as the header 'Authorization: Bearer TOKEN': "
        + "OTEL_EXPORTER_OTLP_HEADERS=\"authorization=Bearer%20TOKEN\".");

    private static OtlpRefusal WrongHost { get; } = new(421, GrpcStatus.PermissionDenied, "The host that the request names is not this server's. Use localhost or 127.0.0.1.");

    private static OtlpRefusal WebPage { get; } = new(403, GrpcStatus.PermissionDenied, "A web page sent this. Pages need the server's token; programs do not send 'Origin'.");

    /// <summary>Null for whoever may come in.</summary>
    /// <remarks>Whoever has the token may call the server by any name: a page that was rebound to this address has no token.</remarks>
    public static OtlpRefusal? Check(HttpContext context, bool wantsToken, bool isOurHost, bool isSignedIn)
    {
        if (isSignedIn) return null;
        if (wantsToken) return NoToken;
        if (!isOurHost) return WrongHost;
        return IsFromPage(context.Request.Headers) ? WebPage : null;
    }

    /// <summary>Says that the OTLP ports lead nowhere else.</summary>
    public static Task RefusePathAsync(HttpContext context)
    {
        var request = context.Request;
        if (OtlpGrpc.IsGrpc(request))
        {
            return RefuseAsync(context, new OtlpRefusal(
                404, GrpcStatus.Unimplemented, "There is no such method here; there is Export of OpenTelemetry's TraceService, LogsService and MetricsService."));
        }

        var status = OtlpEndpoints.Answers(request.Path) ? 405 : 404;
        if (status == 405) context.Response.Headers.Allow = "POST";
        return RefuseAsync(context, new OtlpRefusal(
            status, GrpcStatus.Unimplemented,
            $"Nothing answers {request.Method} {Cut(request.Path)} here. POST to /v1/traces, /v1/logs or /v1/metrics; REST has a port of its own."));
    }

    public static Task RefuseAsync(HttpContext context, OtlpRefusal refusal)
    {
        if (!OtlpGrpc.IsGrpc(context.Request)) return OtlpHttp.RefuseAsync(context, refusal);
        OtlpGrpc.Refuse(context, refusal);
        return Task.CompletedTask;
    }

    /// <summary>The password of a Basic header: some clients can send nothing else, and have their secret there. Null when it is none.</summary>
    public static string? Password(string header)
    {
        if (!header.StartsWith(BasicScheme, StringComparison.OrdinalIgnoreCase)) return null;
        var encoded = header.AsSpan(BasicScheme.Length).Trim();
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64Chars(encoded, bytes, out var length)) return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? text[(colon + 1)..] : null;
    }

    // Browsers send one of these with every POST to another origin, and pages cannot leave them out.
    private static bool IsFromPage(IHeaderDictionary headers) =>
        headers.Origin.Count > 0 || headers["sec-fetch-site"].ToString() is "cross-site" or "same-site" or "same-origin";

    private static string Cut(string? text) => text is null ? "" : text.Length <= 60 ? text : text[..60] + "...";
}
