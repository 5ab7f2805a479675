using Espalier.Core.Runs;
using Espalier.Storage.Sqlite;

namespace Espalier.Server.Hosting;

/// <summary>Opens the control plane before anything is served, so that a fault shows at once, and gives back what a killed process reserved.</summary>
internal sealed class StartUp(SqliteDatabase database, ILedger ledger, ILogger<StartUp> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _ = database.Status;
        var released = await ledger.ExpireAsync(TimeSpan.Zero, cancellationToken);
        if (released > 0) HostingLog.ReservationsReleased(logger, released);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
