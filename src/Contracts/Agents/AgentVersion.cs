namespace Espalier.Contracts.Agents;

/// <summary>One version of an agent: a commit, its content and the edit that made it.</summary>
public sealed record AgentVersion
{
    public required string Agent { get; init; }

    public required VersionId Id { get; init; }

    public required TreeId Tree { get; init; }

    /// <summary>Null for an imported version.</summary>
    public VersionId? Parent { get; init; }

    /// <summary>The commit's first line.</summary>
    public required string Title { get; init; }
}
