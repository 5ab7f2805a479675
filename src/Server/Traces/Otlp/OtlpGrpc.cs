using System.Buffers.Binary;
using System.Globalization;
using Espalier.Core.Traces.Otlp;
using Microsoft.AspNetCore.Http.Features;

namespace Espalier.Server.Traces.Otlp;

/// <summary>OTLP over gRPC: one call, one message, one answer, over HTTP/2.</summary>
/// <remarks>A request with several messages is taken as if each had come by itself: nothing of it is lost.</remarks>
internal sealed class OtlpGrpc(OtlpReceiver receiver, OtlpCounts counts, OtlpOptions options, TimeProvider time, ILogger<OtlpGrpc> logger)
{
    public const string MediaType = "application/grpc";

    private static readonly string[] Compressions = ["identity", "gzip", "deflate"];

    public async Task ServeAsync(HttpContext http, OtlpSignal signal)
    {
        if (!IsGrpc(http.Request))
        {
            await OtlpHttp.RefuseAsync(http, new OtlpRefusal(
                415, GrpcStatus.InvalidArgument, $"This path speaks gRPC: {MediaType} over HTTP/2. OTLP over HTTP goes to /v1/{signal.ToString().ToLowerInvariant()}."));
            return;
        }

        using var deadline = new CancellationTokenSource(TimeoutOf(http.Request) ?? Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, deadline.Token);
        try
        {
            await AnswerAsync(http, await TakeAsync(http, signal, either.Token), signal);
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            var refusal = e is OperationCanceledException && deadline.IsCancellationRequested
                ? new OtlpRefusal(504, GrpcStatus.DeadlineExceeded, "The time that the client gave is over.")
                : OtlpRefusal.From(e, http, options);
            if (refusal is null) return;
            counts.RefusedBody(signal, refusal);
            if (refusal.Code is GrpcStatus.Internal or GrpcStatus.Unavailable) OtlpLog.ExportFailed(logger, http.Request.Path, http.TraceIdentifier, e);
            Refuse(http, refusal);
        }
    }

    public static bool IsGrpc(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol) && request.ContentType is { } type
        && (type.Equals(MediaType, StringComparison.OrdinalIgnoreCase) || type.StartsWith(MediaType + "+proto", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith(MediaType + ";", StringComparison.OrdinalIgnoreCase));

    /// <summary>Answers without a message: the status stands in the headers, which end the answer.</summary>
    public static void Refuse(HttpContext http, OtlpRefusal refusal)
    {
        var headers = Open(http);
        headers["grpc-status"] = ((int)refusal.Code).ToString(CultureInfo.InvariantCulture);
        headers["grpc-message"] = GrpcHeaders.EncodeMessage(refusal.Message);
        if (refusal.RetryAfter is not null)
            headers["grpc-status-details-bin"] = Convert.ToBase64String(OtlpAnswers.Encode(refusal, OtlpEncoding.Protobuf)).TrimEnd('=');
    }

    private async Task<OtlpReceipt> TakeAsync(HttpContext http, OtlpSignal signal, CancellationToken cancellationToken)
    {
        // Counted here by message, after decompression.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        var encoding = http.Request.Headers["grpc-encoding"].ToString().Trim().ToLowerInvariant();
        if (encoding.Length > 0 && !Compressions.Contains(encoding, StringComparer.Ordinal))
            throw new OtlpRefusal(415, GrpcStatus.Unimplemented, "Messages can be compressed with gzip or deflate, or not at all: see grpc-accept-encoding.");
        var frames = new GrpcFrames(http.Request.Body, options);
        using var body = receiver.NewBody();
        OtlpReceipt? receipt = null;
        while (await frames.NextAsync(cancellationToken))
        {
            if (frames.IsCompressed && encoding is "" or "identity")
                throw new OtlpRefusal(400, GrpcStatus.Internal, "The message is marked as compressed and grpc-encoding does not say how.");
            await body.FillAsync(frames, frames.IsCompressed ? encoding : "identity", cancellationToken);
            await frames.SkipAsync(cancellationToken);
            var one = await receiver.TakeAsync(signal, OtlpEncoding.Protobuf, body.Written, null, cancellationToken);
            receipt = receipt?.With(one) ?? one;
        }

        return receipt ?? throw OtlpRefusal.Malformed("The request has no message.");
    }

    private static async Task AnswerAsync(HttpContext http, OtlpReceipt receipt, OtlpSignal signal)
    {
        Open(http);
        var message = OtlpAnswers.Encode(receipt, signal, OtlpEncoding.Protobuf);
        var frame = new byte[GrpcFrames.HeadBytes + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, GrpcFrames.HeadBytes);
        http.Response.AppendTrailer("grpc-status", "0");
        await http.Response.Body.WriteAsync(frame, http.RequestAborted);
    }

    private static IHeaderDictionary Open(HttpContext http)
    {
        http.Response.StatusCode = 200;
        http.Response.ContentType = MediaType;
        http.Response.Headers["grpc-accept-encoding"] = string.Join(',', Compressions);
        return http.Response.Headers;
    }

    private static TimeSpan? TimeoutOf(HttpRequest request) =>
        GrpcHeaders.TryReadTimeout(request.Headers["grpc-timeout"].ToString(), out var timeout) ? timeout : null;
}
