using Espalier.Contracts.Search;

namespace Espalier.Server.Search;

/// <summary>Events 5000-5099: sessions in this process.</summary>
internal static partial class SearchLog
{
    [LoggerMessage(5000, LogLevel.Information, "Session {Session} started or resumed")]
    public static partial void SessionStarted(ILogger logger, SessionId session);

    [LoggerMessage(5001, LogLevel.Information, "Session {Session} ended after {Runs} runs in {Elapsed}")]
    public static partial void SessionEnded(ILogger logger, SessionId session, int runs, TimeSpan elapsed);

    [LoggerMessage(5002, LogLevel.Information, "Session {Session} was interrupted")]
    public static partial void SessionInterrupted(ILogger logger, SessionId session);

    [LoggerMessage(5003, LogLevel.Error, "Session {Session} broke")]
    public static partial void SessionBroke(ILogger logger, SessionId session, Exception exception);
}
