using Espalier.Core.Runs;
using Espalier.Core.Traces;
using Microsoft.Extensions.Options;

namespace Espalier.Server.Traces;

/// <summary>Drops days that are older than the project keeps, once an hour.</summary>
internal sealed class TraceExpiry(ITraceStore store, IToolStore tools, IOptions<TracesOptions> options, TimeProvider time, ILogger<TraceExpiry> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.KeepDays is not { } days) return;
        await Task.Yield();
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do await TryExpireAsync(days, stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start looks again.
        }
    }

    private async Task TryExpireAsync(int days, CancellationToken cancellationToken)
    {
        try
        {
            var gone = await store.ExpireAsync(DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(-days), cancellationToken);
            await tools.ExpireAsync(time.GetUtcNow().AddDays(-days), cancellationToken);
            if (gone.Days > 0) TracesLog.Expired(logger, gone.Days, gone.Spans, gone.Before);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            TracesLog.ExpiryFailed(logger, error.Message);
        }
    }
}
