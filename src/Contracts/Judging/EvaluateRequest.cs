using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Judging;

/// <summary>Runs a version on one split of a revision and judges every output.</summary>
public sealed record EvaluateRequest
{
    public required string Agent { get; init; }

    /// <summary>A version; null takes the production version.</summary>
    public string? Version { get; init; }

    public required string Dataset { get; init; }

    public Split Split { get; set; } = Split.Search;

    /// <summary>Most cases, in the revision's order; null takes all.</summary>
    public int? Limit { get; init; }

    /// <summary>Most dollars; the evaluation stops when they are spent.</summary>
    public Usd? Budget { get; init; }
}
