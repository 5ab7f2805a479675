using Espalier.Core.Runs;
using Espalier.Workers.Sandboxes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Runs;

/// <summary>Ends idle warm processes while the server runs; first of all what a killed server left behind.</summary>
internal sealed class IdleEnder(
    SandboxRunner runner, ISandbox sandbox, IOptions<WorkersOptions> options, TimeProvider time, ILogger<IdleEnder> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await SweepAsync(stoppingToken);
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

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            if (sandbox is ILeftovers leftovers) await leftovers.SweepAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LeftoversStayed(e);
        }
    }
}
