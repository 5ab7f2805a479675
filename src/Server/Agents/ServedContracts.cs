using System.Collections.Concurrent;
using Espalier.Contracts.Agents;

namespace Espalier.Server.Agents;

/// <summary>Contracts by tree: read once, because every request needs one.</summary>
internal sealed class ServedContracts(AgentDirectory agents)
{
    private const int MostKept = 256;

    private readonly ConcurrentDictionary<(string Agent, TreeId Tree), AgentContract> _contracts = new();

    public async Task<AgentContract> ReadAsync(AgentVersion version, CancellationToken cancellationToken)
    {
        if (_contracts.TryGetValue((version.Agent, version.Tree), out var known)) return known;
        if (_contracts.Count >= MostKept) _contracts.Clear();
        return _contracts[(version.Agent, version.Tree)] = await agents.ReadContractAsync(version.Agent, version.Id, cancellationToken);
    }
}
