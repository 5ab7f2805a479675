namespace Espalier.Storage.ClickHouse.Traces;

internal sealed record TotalsRow
{
    public required long Observed { get; init; }

    public required double Traces { get; init; }

    public required double Attempts { get; init; }

    public required double ModelCalls { get; init; }

    public required double Errors { get; init; }

    public required long CostNano { get; init; }

    public required double UnpricedCalls { get; init; }

    public required bool Weighted { get; init; }
}
