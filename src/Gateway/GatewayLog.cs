using Microsoft.Extensions.Logging;

namespace Espalier.Gateway;

/// <summary>Events 8100-8199: the gateway. Prompts, answers and keys never reach a log.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(8100, LogLevel.Error, "Spans were not written and will be tried again: {Count}")]
    public static partial void SpansNotWritten(ILogger logger, int count, Exception exception);

    [LoggerMessage(8102, LogLevel.Error, "Spans were lost, because the trace store did not take them while the server stopped: {Count}")]
    public static partial void SpansDropped(ILogger logger, long count);

    [LoggerMessage(8120, LogLevel.Warning, "Counts of call sites were not written and will be tried again")]
    public static partial void CallSitesNotWritten(ILogger logger, Exception exception);

    [LoggerMessage(8110, LogLevel.Warning, "Work that providers bill later could not be listed")]
    public static partial void DeferredNotListed(ILogger logger, Exception exception);

    [LoggerMessage(8111, LogLevel.Warning, "What a {Kind} cost could not be learned and will be asked again: {Id}")]
    public static partial void DeferredFailed(ILogger logger, string kind, string id, Exception exception);

    [LoggerMessage(8112, LogLevel.Warning, "What the {Kind} {Id} of {Agent} cost was not learned within {Patience}, and is unknown")]
    public static partial void DeferredGivenUp(ILogger logger, string kind, string id, string agent, TimeSpan patience);

    [LoggerMessage(8101, LogLevel.Error, "A call failed inside the gateway: {Agent} {Version}")]
    public static partial void CallFailed(ILogger logger, string agent, string version, Exception exception);
}
