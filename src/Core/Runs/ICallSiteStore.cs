using Espalier.Contracts.Runs;

namespace Espalier.Core.Runs;

/// <summary>The call sites that were seen of each agent.</summary>
public interface ICallSiteStore
{
    /// <summary>Adds calls: where a site is known, counts are summed, the first time stays, and everything else becomes what is said now.</summary>
    Task AddAsync(IReadOnlyList<AgentCallSite> seen, CancellationToken cancellationToken);

    /// <summary>Most calls first, at most 1,000.</summary>
    Task<IReadOnlyList<AgentCallSite>> ListAsync(string agent, CancellationToken cancellationToken);
}
