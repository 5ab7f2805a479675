namespace Espalier.Server.Traces.Otlp;

/// <summary>Events 1300-1399: telemetry of OpenTelemetry clients.</summary>
internal static partial class OtlpLog
{
    [LoggerMessage(1300, LogLevel.Information, "Listening for OTLP over {Transport} on {Address}")]
    public static partial void Listening(ILogger logger, string transport, Uri address);

    [LoggerMessage(1301, LogLevel.Warning, "Went on without OTLP over {Transport}: {Problem}")]
    public static partial void NotListening(ILogger logger, string transport, string problem);

    [LoggerMessage(1302, LogLevel.Error, "Export to {Path} failed (request id {RequestId})")]
    public static partial void ExportFailed(ILogger logger, string path, string requestId, Exception exception);
}
