using Espalier.Contracts.Agents;

namespace Espalier.Core.Agents;

/// <summary>The registered agents. The production version is not here: it is the fold of the release events.</summary>
public interface IAgentStore
{
    Task SaveAsync(RegisteredAgent agent, CancellationToken cancellationToken);

    Task<RegisteredAgent?> FindAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyList<RegisteredAgent>> ListAsync(CancellationToken cancellationToken);
}

public sealed record RegisteredAgent(string Name, string Source, VersionId Head);
