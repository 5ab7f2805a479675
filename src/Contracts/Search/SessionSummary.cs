using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Search;

/// <summary>Where a session stands; a fold of its events plus the ledger.</summary>
public sealed record SessionSummary
{
    public required SessionId Id { get; init; }

    public required string Agent { get; init; }

    public string? Name { get; init; }

    public required SessionState State { get; init; }

    /// <summary>In words: <c>searching, round 3</c>, <c>confirming 4 of 7</c>.</summary>
    public required string Phase { get; init; }

    public required RevisionId Revision { get; init; }

    public required Goal Goal { get; init; }

    public required long Seed { get; init; }

    public required int Round { get; init; }

    public required int Candidates { get; init; }

    public required int Pruned { get; init; }

    /// <summary>Runs whose results are in the log.</summary>
    public required int Runs { get; init; }

    public required Usd Budget { get; init; }

    public required Usd Spent { get; init; }

    public required Usd Reserved { get; init; }

    /// <summary>The search-split frontier so far, cheapest first. For progress only: shown results come from the confirm split.</summary>
    public required IReadOnlyList<FrontierSketch> Frontier { get; init; }

    /// <summary>The last decision in words.</summary>
    public string? LastDecision { get; init; }

    /// <summary>The cause of a failure, stable, such as <c>budget-spent</c>; null when it did not fail.</summary>
    public string? Code { get; init; }

    /// <summary>Why it stopped or failed; null while it runs.</summary>
    public string? Reason { get; init; }

    /// <summary>What to type about it; null when nothing is wrong.</summary>
    public string? Fix { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Interrupted: the server died or was stopped in the middle; <c>optimize --resume</c> goes on.</summary>
public enum SessionState
{
    Running,
    Interrupted,
    Completed,
    Failed,
}

/// <summary>A point of the search-split frontier.</summary>
public sealed record FrontierSketch(VersionId Version, double PassRate, Usd CostPerRequest, int Cases, string Title);
