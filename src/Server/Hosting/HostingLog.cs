namespace Espalier.Server.Hosting;

/// <summary>Events 9000-9099: the process itself.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(9000, LogLevel.Error, "Request {Path} failed (request id {RequestId})")]
    public static partial void RequestFailed(ILogger logger, string path, string requestId, Exception exception);

    [LoggerMessage(9001, LogLevel.Information, "Ended after {Idle} without work")]
    public static partial void IdleEnded(ILogger logger, TimeSpan idle);

    [LoggerMessage(9002, LogLevel.Information, "Released {Count} reservations that an earlier process left behind")]
    public static partial void ReservationsReleased(ILogger logger, int count);
}
