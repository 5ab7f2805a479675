using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Frontiers;

/// <summary>One version in a session's tree.</summary>
public sealed record ReportNode
{
    public required VersionId Version { get; init; }

    /// <summary>Null for the baseline.</summary>
    public VersionId? Parent { get; init; }

    /// <summary>The edit that made it from its parent; null for the baseline.</summary>
    public Edit? Edit { get; init; }

    public required NodeStatus Status { get; init; }

    /// <summary>Why it has this status: who dominates it, why it got no further cases; null when there is nothing to say.</summary>
    public string? StatusReason { get; init; }

    /// <summary>Edits between the baseline and this version.</summary>
    public required int Depth { get; init; }

    /// <summary>The round that proposed it; 0 for the baseline.</summary>
    public required int Round { get; init; }

    /// <summary>Cases of the search split that it was run on.</summary>
    public required int SearchCases { get; init; }

    /// <summary>On the search split, so not confirmed; null before its first case.</summary>
    public Interval? SearchPassRate { get; init; }

    /// <summary>Mean dollars per request on the search split; null when unknown.</summary>
    public Usd? SearchCost { get; init; }

    /// <summary>Unified diff against the parent; empty for the baseline.</summary>
    public required string Patch { get; init; }

    /// <summary>Unified diff against the baseline, when it is not the same.</summary>
    public string? BaselinePatch { get; init; }

    /// <summary>The split that <see cref="Wins"/> and <see cref="Losses"/> are from.</summary>
    public Split ChangesFrom { get; set; } = Split.Search;

    /// <summary>Cases that the baseline fails and this version passes.</summary>
    public required IReadOnlyList<CaseChange> Wins { get; init; }

    /// <summary>Cases that the baseline passes and this version fails.</summary>
    public required IReadOnlyList<CaseChange> Losses { get; init; }
}

/// <summary>What became of a version, the last step that it reached.</summary>
public enum NodeStatus
{
    Baseline,
    Active,
    Pruned,
    Dominated,
    Shortlisted,
    Frontier,
}
