using Microsoft.Extensions.Logging;

namespace Espalier.Gateway.Tools;

/// <summary>Events 8130-8149: the tool proxy. Arguments, answers and secrets never reach a log.</summary>
internal static partial class ToolsLog
{
    [LoggerMessage(8130, LogLevel.Warning, "A tool server of {Agent} failed: {Tool}: {Why}")]
    public static partial void Failed(ILogger logger, string agent, string tool, string why);

    [LoggerMessage(8131, LogLevel.Information, "Tool server {Tool} of {Agent} was started")]
    public static partial void Started(ILogger logger, string agent, string tool);

    [LoggerMessage(8132, LogLevel.Information, "Tool server {Tool} of {Agent} ended: {Why}")]
    public static partial void Ended(ILogger logger, string agent, string tool, string why);

    [LoggerMessage(8133, LogLevel.Error, "A call of a tool failed inside the gateway: {Agent} {Tool}")]
    public static partial void CallFailed(ILogger logger, string agent, string tool, Exception exception);
}
