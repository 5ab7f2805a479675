using Espalier.Contracts.Traces;

namespace Espalier.Contracts.Datasets;

/// <summary>One input with an optional reference answer, on which a version can be run.</summary>
public sealed record Case
{
    public required CaseId Id { get; init; }

    public required string Input { get; init; }

    /// <summary>The right answer; null when nobody has said it yet.</summary>
    public string? Reference { get; init; }

    /// <summary>Files to work on; null for most.</summary>
    public CaseWorkspace? Workspace { get; init; }

    /// <summary>Tests that decide about the changes to the workspace, before any other judge; null when there are none.</summary>
    public CaseTests? Tests { get; init; }

    /// <summary>The conversation or user that it came from. Cases of one group are never in two splits.</summary>
    public required string Group { get; init; }

    public required Split Split { get; init; }

    /// <summary>The trace that it was made from; null for an imported case.</summary>
    public TraceId? Trace { get; init; }

    /// <summary>When its request was served; null for an imported case.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The curators that chose it: <c>traffic</c>, <c>errors</c>, <c>import</c>.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Probability with which traffic sampling kept it; null when it was not sampled from traffic.</summary>
    public double? InclusionProbability { get; init; }
}

/// <summary>Search is for the search alone, Confirm for the numbers that are shown, Vault is opened once a release.</summary>
public enum Split
{
    Search,
    Confirm,
    Vault,
}
