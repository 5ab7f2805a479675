using System.Globalization;
using Espalier.Core.Shared;

namespace Espalier.Server.Traces.Otlp;

/// <summary>Why an export is not taken, as both transports say it.</summary>
/// <param name="status">Of HTTP. Clients send again after 429, 502, 503 and 504 alone.</param>
/// <param name="code">Of gRPC. Clients send again after UNAVAILABLE, and after RESOURCE_EXHAUSTED when <paramref name="retryAfter"/> is told.</param>
/// <param name="retryAfter">When the same export may be tried again; null when that is of no use.</param>
internal sealed class OtlpRefusal(int status, GrpcStatus code, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    // A full disk is not emptied in a second.
    private static readonly TimeSpan StorageRetry = TimeSpan.FromSeconds(30);

    public int Status { get; } = status;

    public GrpcStatus Code { get; } = code;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    public static OtlpRefusal Malformed(string message) => new(400, GrpcStatus.InvalidArgument, message);

    public static OtlpRefusal TooLarge(long limit) => new(
        413, GrpcStatus.ResourceExhausted,
        $"The body has more than {limit.ToString(CultureInfo.InvariantCulture)} bytes (uncompressed). Nothing of it was stored. Send smaller batches: OTEL_BSP_MAX_EXPORT_BATCH_SIZE.");

    public static OtlpRefusal TooDense(int ratio) => new(
        413, GrpcStatus.ResourceExhausted,
        $"The body becomes more than {ratio.ToString(CultureInfo.InvariantCulture)} times larger when it is decompressed. Nothing of it was stored. Send it with less or no compression.");

    public static OtlpRefusal Busy(string what, TimeSpan retryAfter) => new(429, GrpcStatus.ResourceExhausted, $"{what} Send the same again later.", retryAfter);

    /// <summary>Null when whoever asked is gone.</summary>
    public static OtlpRefusal? From(Exception exception, HttpContext http, OtlpOptions options) => exception switch
    {
        OtlpRefusal refusal => refusal,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge(options.MaxBodyBytes),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } =>
            new OtlpRefusal(408, GrpcStatus.DeadlineExceeded, "The body came too slowly. Nothing of it was stored."),
        BadHttpRequestException => Malformed("The body ends before its announced length, or its framing cannot be read. Nothing of it was stored."),
        OperationCanceledException or IOException when http.RequestAborted.IsCancellationRequested => null,
        Refusal { Status: 429 } busy => Busy(busy.What, options.RetryAfter),
        Refusal refusal => new OtlpRefusal(refusal.Status, GrpcStatus.InvalidArgument, $"{refusal.What} {refusal.Fix}"),
        StorageFault fault => new OtlpRefusal(503, GrpcStatus.Unavailable, $"{fault.What} {fault.Fix}", StorageRetry),
        IOException => null,
        _ => new OtlpRefusal(500, GrpcStatus.Internal, $"Something in the server failed; its log says more, under {http.TraceIdentifier}."),
    };
}
