using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>Counts and sums over the traces that a query selects.</summary>
/// <remarks>Where traffic is sampled every number but <see cref="Observed"/> is an estimate of all traffic: each kept trace counts 1/p times
/// (Horvitz and Thompson 1952).</remarks>
public sealed record TraceTotals
{
    public required long Traces { get; init; }

    /// <summary>Traces that are kept and were looked at.</summary>
    public required long Observed { get; init; }

    public required long Attempts { get; init; }

    public long ModelCalls { get; set; }

    public required long Errors { get; init; }

    /// <summary>Sum of the known costs.</summary>
    public required Usd Cost { get; init; }

    /// <summary>Calls whose cost is unknown: the sum above is then too low.</summary>
    public required long UnpricedCalls { get; init; }

    /// <summary>True when some of the traces stand for others that were not kept.</summary>
    public bool Weighted { get; set; }
}
