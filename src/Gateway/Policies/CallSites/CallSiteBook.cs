using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Espalier.Gateway.Policies.CallSites;

/// <summary>Counts calls by site off their path and writes the counts down every few seconds, and when the host stops.</summary>
/// <remarks>Counts that could not be written wait for the next time. A process that is killed loses those of the last seconds.</remarks>
public sealed class CallSiteBook(ICallSiteStore store, TimeProvider time, ILogger<CallSiteBook> logger) : BackgroundService
{
    /// <summary>Agents that name a site anew for each call must not fill the memory.</summary>
    private const int MostSites = 10_000;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Dictionary<(string Agent, string Name), AgentCallSite> _seen = [];

    /// <summary>The sites of an agent, this moment's calls included.</summary>
    public async Task<IReadOnlyList<AgentCallSite>> ListAsync(string agent, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        return await store.ListAsync(agent, cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryFlushAsync(cancellationToken);
    }

    internal void Count(string agent, CallSite site)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (_seen.TryGetValue((agent, site.Name), out var known)) _seen[(agent, site.Name)] = known with { Calls = known.Calls + 1, LastSeen = now };
            else if (_seen.Count < MostSites)
            {
                _seen.Add((agent, site.Name), new AgentCallSite
                {
                    Agent = agent,
                    Name = site.Name,
                    Fingerprint = site.Fingerprint,
                    Named = site.IsNamed,
                    Template = site.Template,
                    Tools = site.Tools,
                    Calls = 1,
                    FirstSeen = now,
                    LastSeen = now,
                });
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await TryFlushAsync(stoppingToken);
    }

    private async Task TryFlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await FlushAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            GatewayLog.CallSitesNotWritten(logger, e);
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        Dictionary<(string, string), AgentCallSite> taken;
        lock (_lock)
        {
            if (_seen.Count == 0) return;
            (taken, _seen) = (_seen, []);
        }

        try
        {
            await store.AddAsync([.. taken.Values], cancellationToken);
        }
        catch
        {
            lock (_lock)
            {
                foreach (var (key, site) in taken)
                    _seen[key] = _seen.TryGetValue(key, out var newer) ? newer with { Calls = newer.Calls + site.Calls, FirstSeen = site.FirstSeen } : site;
            }

            throw;
        }
    }
}
