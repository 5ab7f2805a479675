using Espalier.Core.Runs;
using Espalier.Storage.Sqlite;

namespace Espalier.Server.Hosting;

/// <summary>Opens the control plane before anything is served, so that a fault shows at once, and gives back what a killed process reserved,
/// but for work that providers still do.</summary>
internal sealed class StartUp(SqliteDatabase database, ILedger ledger, IDeferredBills deferred, ILogger<StartUp> logger) : IHostedService
{
    private static readonly TimeSpan DeferredLease = TimeSpan.FromHours(30);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _ = database.Status;
        var released = await ledger.ExpireAsync(TimeSpan.Zero, cancellationToken);
        if (released > 0) HostingLog.ReservationsReleased(logger, released);
        if (await ledger.ReadAsync(BudgetLines.Project, cancellationToken) is null) await ledger.OpenAsync(BudgetLines.Project, null, cancellationToken);
        foreach (var bill in await deferred.ListOpenAsync(cancellationToken))
            if (bill.Reserved is { } reserved) await ledger.TryReserveAsync(bill.Budget, bill.LedgerKey, reserved, DeferredLease, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
