using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Testing.Fakes;

/// <summary>Call sites in memory. Thread-safe.</summary>
public sealed class InMemoryCallSiteStore : ICallSiteStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string, string), AgentCallSite> _sites = [];

    public Task AddAsync(IReadOnlyList<AgentCallSite> seen, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (var site in seen)
            {
                _sites[(site.Agent, site.Name)] = _sites.TryGetValue((site.Agent, site.Name), out var known)
                    ? site with
                    {
                        Calls = known.Calls + site.Calls,
                        FirstSeen = known.FirstSeen < site.FirstSeen ? known.FirstSeen : site.FirstSeen,
                        LastSeen = known.LastSeen > site.LastSeen ? known.LastSeen : site.LastSeen,
                    }
                    : site;
            }
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<AgentCallSite>> ListAsync(string agent, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult<IReadOnlyList<AgentCallSite>>([.. _sites.Values.Where(site => site.Agent == agent).OrderByDescending(site => site.Calls).ThenBy(site => site.Name, StringComparer.Ordinal)]);
    }
}
