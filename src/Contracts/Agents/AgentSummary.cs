namespace Espalier.Contracts.Agents;

/// <summary>A registered agent, the version that serves its traffic, and the one before it.</summary>
public sealed record AgentSummary
{
    public required string Agent { get; init; }

    /// <summary>Where the repository was imported from; a path on the server's machine.</summary>
    public required string Source { get; init; }

    /// <summary>The version that was imported last.</summary>
    public required VersionId Head { get; init; }

    /// <summary>The version that serves production traffic.</summary>
    public required VersionId Production { get; init; }

    public required AgentContract Contract { get; init; }
}
