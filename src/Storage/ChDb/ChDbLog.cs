using Microsoft.Extensions.Logging;

namespace Espalier.Storage.ChDb;

internal static partial class ChDbLog
{
    [LoggerMessage(1100, LogLevel.Information, "Trace store started as process {ProcessId} in {Milliseconds} ms, store {Path}.")]
    public static partial void Started(ILogger logger, int processId, long milliseconds, string path);

    [LoggerMessage(1101, LogLevel.Warning, "Trace store process {ProcessId} ended with code {ExitCode} and is started again (restart {Restarts}). Last words: {LastLine}")]
    public static partial void Ended(ILogger logger, int processId, int exitCode, int restarts, string lastLine);

    [LoggerMessage(1102, LogLevel.Error, "Trace store cannot run. {Problem}")]
    public static partial void CannotRun(ILogger logger, string problem);

    [LoggerMessage(1103, LogLevel.Warning, "Trace store process {ProcessId} did not answer and was ended.")]
    public static partial void WasSilent(ILogger logger, int processId);
}
