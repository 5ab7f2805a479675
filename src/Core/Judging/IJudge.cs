using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Runs;

namespace Espalier.Core.Judging;

/// <summary>Gives verdicts. A judge never sees which version it judges.</summary>
public interface IJudge
{
    /// <summary>The word in the contract: <c>expected</c>, <c>verifier</c>, <c>rubric</c>.</summary>
    string Name { get; }

    /// <summary>Whether the contract asks for this judge.</summary>
    bool IsAskedBy(JudgeContract contract);

    Task<Verdict> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken);
}

/// <summary>One output to judge.</summary>
public sealed record JudgeRequest
{
    public required string Agent { get; init; }

    public required AgentContract Contract { get; init; }

    /// <summary>The version whose frozen files the judge may read (rubric, verifier): always the session's baseline.</summary>
    public required AgentVersion Files { get; init; }

    public required Case Case { get; init; }

    public required string Output { get; init; }

    /// <summary>What the run did to the case's workspace; null when there is none.</summary>
    public WorkspaceChanges? Changes { get; init; }
}
