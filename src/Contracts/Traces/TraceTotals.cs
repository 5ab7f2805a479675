using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>Counts and sums over the traces that a query selects.</summary>
public sealed record TraceTotals
{
    public required long Traces { get; init; }

    public required long Attempts { get; init; }

    public required long Errors { get; init; }

    /// <summary>Sum of the known costs of all attempts.</summary>
    public required Usd Cost { get; init; }

    /// <summary>Attempts whose cost is unknown: the sum above is then too low.</summary>
    public required long UnpricedAttempts { get; init; }
}
