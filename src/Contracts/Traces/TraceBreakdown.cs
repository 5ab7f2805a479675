namespace Espalier.Contracts.Traces;

/// <summary>Traffic told apart: by version, by model, by hour. Weighted as <see cref="TraceTotals"/> is.</summary>
public sealed record TraceBreakdown
{
    /// <summary>What the groups are told apart by, in the order of <see cref="TraceGroup.Keys"/>.</summary>
    public required IReadOnlyList<TraceDimension> By { get; init; }

    /// <summary>Metric that says which traces passed.</summary>
    public required string Metric { get; init; }

    /// <summary>True when some of the traces stand for others that were not kept.</summary>
    public required bool Weighted { get; init; }

    /// <summary>By time where time is among the keys, else those with the most traces first.</summary>
    public required IReadOnlyList<TraceGroup> Groups { get; init; }

    /// <summary>True when there are more groups than were asked for.</summary>
    public required bool Truncated { get; init; }
}
