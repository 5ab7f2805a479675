using Espalier.Contracts.Datasets;

namespace Espalier.Contracts.Frontiers;

/// <summary>A case on which a version and the baseline differ.</summary>
public sealed record CaseChange
{
    public required CaseId Case { get; init; }

    /// <summary>The request, cut to 500 characters.</summary>
    public required string Input { get; init; }

    /// <summary>The right answer; null when it is not known.</summary>
    public string? Reference { get; init; }

    /// <summary>Null when there is no answer: the run failed.</summary>
    public string? BaselineOutput { get; init; }

    /// <summary>Null when there is no answer: the run failed.</summary>
    public string? Output { get; init; }

    /// <summary>The judge's words on this version's answer.</summary>
    public required string Reason { get; init; }
}
