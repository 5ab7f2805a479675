namespace Espalier.Server.Traces;

internal static partial class TracesLog
{
    [LoggerMessage(1200, LogLevel.Warning, "Deletion {Deletion} failed and is tried again. {Reason}")]
    public static partial void DeletionFailed(ILogger logger, string deletion, string reason);

    [LoggerMessage(1201, LogLevel.Information, "{Days} days of traces ({Spans} spans) from before {Before} were dropped.")]
    public static partial void Expired(ILogger logger, int days, long spans, DateOnly before);

    [LoggerMessage(1202, LogLevel.Warning, "Old traces could not be dropped; it is tried again in an hour. {Reason}")]
    public static partial void ExpiryFailed(ILogger logger, string reason);
}
