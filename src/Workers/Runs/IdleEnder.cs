using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Runs;

/// <summary>Ends idle warm processes while the server runs.</summary>
internal sealed class IdleEnder(SandboxRunner runner, IOptions<WorkersOptions> options, TimeProvider time, ILogger<IdleEnder> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.IdleAfter / 4, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await runner.EndIdleAsync();
            }
            catch (Exception e)
            {
                logger.IdleSweepFailed(e);
            }
        }
    }
}
