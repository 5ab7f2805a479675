using Microsoft.Extensions.Logging;

namespace Espalier.Storage.ClickHouse.Traces;

internal static partial class TraceStoreLog
{
    [LoggerMessage(1110, LogLevel.Warning, "Traces were not loaded and are tried again; {WaitingBytes} bytes wait in the journal. {Reason}")]
    public static partial void LoadFailed(ILogger logger, string reason, long waitingBytes);

    [LoggerMessage(1111, LogLevel.Error, "A batch of traces was refused by the trace store and set aside as {Path}.")]
    public static partial void Rejected(ILogger logger, Exception error, string path);

    [LoggerMessage(1112, LogLevel.Warning, "Traces were not sampled this time; nothing is lost, and it is tried again. {Reason}")]
    public static partial void SamplingFailed(ILogger logger, string reason);
}
