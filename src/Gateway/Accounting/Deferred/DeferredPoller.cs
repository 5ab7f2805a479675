using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Accounting.Deferred;

/// <summary>Owns the accounting of deferred work: asks after it until it is over, whether anybody fetches it or not.</summary>
internal sealed class DeferredPoller(
    IDeferredBills bills, IEnumerable<IDeferredKind> kinds, DeferredAccounts accounts, TimeProvider time, IOptions<GatewayOptions> options, ILogger<DeferredPoller> logger) : BackgroundService
{
    private readonly Dictionary<string, IDeferredKind> _kinds = kinds.ToDictionary(kind => kind.Name);
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Asks after everything that is open, once.</summary>
    public Task PollAsync(CancellationToken cancellationToken) => PollAsync(static _ => true, cancellationToken);

    /// <summary>Asks after an agent's open work at one provider: before something is deleted that tells what it cost.</summary>
    public Task PollAsync(string agent, string provider, CancellationToken cancellationToken) =>
        PollAsync(bill => bill.Agent == agent && bill.Provider == provider, cancellationToken);

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.DeferredPollInterval, time);
        try
        {
            do
            {
                try
                {
                    await PollAsync(stoppingToken);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The list could not be read: the next round tries again.
                    GatewayLog.DeferredNotListed(logger, e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The server stops; what is open is asked after at its next start.
        }
    }

    private async Task PollAsync(Func<DeferredBill, bool> wanted, CancellationToken cancellationToken)
    {
        // One at a time: what another round has just accounted for is open no more.
        await _turn.WaitAsync(cancellationToken);
        try
        {
            foreach (var bill in await bills.ListOpenAsync(cancellationToken))
                if (wanted(bill)) await FinishAsync(bill, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task FinishAsync(DeferredBill bill, CancellationToken cancellationToken)
    {
        try
        {
            var over = _kinds.TryGetValue(bill.Kind, out var kind) ? await kind.TryFinishAsync(bill, cancellationToken) : null;
            if (over is null && time.GetUtcNow() - bill.Created > options.Value.DeferredPatience)
            {
                GatewayLog.DeferredGivenUp(logger, bill.Kind, bill.Id, bill.Agent, options.Value.DeferredPatience);
                await accounts.GiveUpAsync(bill);
                over = "given up";
            }

            if (over is not null) await bills.EndAsync(bill.Kind, bill.Id, over, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // One that cannot be asked after must not keep the others waiting.
            GatewayLog.DeferredFailed(logger, bill.Kind, bill.Id, e);
        }
    }
}
