using Espalier.Server.Search;

namespace Espalier.Server.Hosting;

/// <summary>Ends a server that a command started and nobody uses any more.</summary>
internal sealed class IdleExit(
    ServerArguments arguments, ActivityClock clock, SessionHost sessions, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<IdleExit> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (arguments.IdleExit is not { } limit) return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Math.Clamp(limit.TotalSeconds / 10, 0.2, 10)), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (sessions.IsBusy || clock.Idle < limit) continue;
            HostingLog.IdleEnded(logger, clock.Idle);
            lifetime.StopApplication();
            return;
        }
    }
}
