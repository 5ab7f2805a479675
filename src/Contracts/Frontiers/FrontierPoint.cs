using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Frontiers;

/// <summary>One version measured on the confirm split, which the search never saw.</summary>
public sealed record FrontierPoint
{
    public required VersionId Version { get; init; }

    public required bool IsBaseline { get; init; }

    /// <summary>False when another confirmed version is at least as good on both axes and better on one.</summary>
    public required bool OnFrontier { get; init; }

    public required int Cases { get; init; }

    /// <summary>Share of cases passed, with its Wilson 95% interval.</summary>
    public required Interval PassRate { get; init; }

    /// <summary>Mean dollars per request, with a 95% bootstrap interval.</summary>
    public required Usd CostPerRequest { get; init; }

    public required Usd CostLow { get; init; }

    public required Usd CostHigh { get; init; }

    /// <summary>Pass rate minus the baseline's on the same cases, in [-1, 1], with Newcombe's paired 95% interval.</summary>
    public required Interval Difference { get; init; }

    /// <summary>Cases that the baseline fails and this version passes, and the reverse.</summary>
    public required int Wins { get; init; }

    public required int Losses { get; init; }

    /// <summary>Calls of tools in the runs that the numbers rest on; null when none was made. A high miss rate says that the numbers say little.</summary>
    public ToolUsage? Tools { get; init; }

    /// <summary>The edits from the baseline to this version, first one first.</summary>
    public required IReadOnlyList<Edit> Edits { get; init; }
}
