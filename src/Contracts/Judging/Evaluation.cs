using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Judging;

/// <summary>All runs and verdicts of one version on one split of one revision.</summary>
public sealed record Evaluation
{
    public required string Agent { get; init; }

    public required VersionId Version { get; init; }

    public required RevisionId Revision { get; init; }

    public required Split Split { get; init; }

    /// <summary>Wilson 95%; null when no case has a verdict.</summary>
    public Interval? PassRate { get; init; }

    /// <summary>Mean per request; null when any cost is unknown.</summary>
    public Usd? CostPerRequest { get; init; }

    public required IReadOnlyList<EvidenceRow> Rows { get; init; }
}
