using Microsoft.Extensions.Logging;

namespace Espalier.Workers;

/// <summary>Event ids 8000-8999 are the workers'.</summary>
internal static partial class WorkersLog
{
    [LoggerMessage(8000, LogLevel.Information, "Sandbox {Name} is usable: {Detail}")]
    public static partial void SandboxUsable(this ILogger logger, string name, string detail);

    [LoggerMessage(8001, LogLevel.Error, "Sandbox {Name} is not usable: {Detail}. Fix: {Fix}")]
    public static partial void SandboxUnusable(this ILogger logger, string name, string detail, string? fix);

    [LoggerMessage(8002, LogLevel.Warning,
        "The sandbox 'process' was chosen: agents run as the server's user, read its files and reach its network. Use it for your own code only")]
    public static partial void UnsafeSandboxChosen(this ILogger logger);

    [LoggerMessage(8003, LogLevel.Warning, "Control groups are not writable here: memory is limited per process, not per sandbox. {Why}")]
    public static partial void ControlGroupsMissing(this ILogger logger, string why);

    [LoggerMessage(8004, LogLevel.Warning, "Interpreter {Program} at {Path} was not made readable in sandboxes: {Why}")]
    public static partial void InterpreterLeftOut(this ILogger logger, string program, string path, string why);

    [LoggerMessage(8005, LogLevel.Information, "Interpreter folder {Folder} was made readable in sandboxes")]
    public static partial void InterpreterFound(this ILogger logger, string folder);

    [LoggerMessage(8006, LogLevel.Warning, "A sandbox did not end within {Limit} after it was killed; {What} was left behind until the next start")]
    public static partial void SandboxLingered(this ILogger logger, TimeSpan limit, string what);

    [LoggerMessage(8007, LogLevel.Information, "Leftover of an earlier server was removed: {Path}")]
    public static partial void LeftoverRemoved(this ILogger logger, string path);

    [LoggerMessage(8008, LogLevel.Warning, "A sandbox could not be set up: {Stderr}")]
    public static partial void SandboxSetUpFailed(this ILogger logger, string stderr);

    [LoggerMessage(8010, LogLevel.Debug, "Warm process of {Agent} {Version} was started")]
    public static partial void WarmProcessStarted(this ILogger logger, string agent, string version);

    [LoggerMessage(8011, LogLevel.Debug, "Warm process of {Agent} {Version} was ended: {Why}")]
    public static partial void WarmProcessEnded(this ILogger logger, string agent, string version, string why);

    [LoggerMessage(8012, LogLevel.Warning, "Ending idle processes failed")]
    public static partial void IdleSweepFailed(this ILogger logger, Exception exception);

    [LoggerMessage(8013, LogLevel.Warning, "What an earlier server left behind could not be removed")]
    public static partial void LeftoversStayed(this ILogger logger, Exception exception);
}
