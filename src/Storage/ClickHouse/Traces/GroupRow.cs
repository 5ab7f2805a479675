using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces;

internal sealed record GroupRow
{
    public required IReadOnlyList<string?> Keys { get; init; }

    public required double Traces { get; init; }

    public required long Observed { get; init; }

    public required double Errors { get; init; }

    public required double ModelCalls { get; init; }

    public required double CostNano { get; init; }

    public required double UnpricedCalls { get; init; }

    public required double InputTokens { get; init; }

    public required double OutputTokens { get; init; }

    public required IReadOnlyList<double> Durations { get; init; }

    public required long Judged { get; init; }

    public required double JudgedWeight { get; init; }

    public required double PassedWeight { get; init; }

    public required bool Weighted { get; init; }

    public TraceGroup ToGroup() => new()
    {
        Keys = Keys,
        Traces = Traces,
        Observed = Observed,
        Errors = Errors,
        ModelCalls = ModelCalls,
        Cost = new Usd((long)Math.Round(CostNano)),
        UnpricedCalls = UnpricedCalls,
        InputTokens = InputTokens,
        OutputTokens = OutputTokens,
        DurationP50 = TimeSpan.FromMicroseconds(Durations[0]),
        DurationP95 = TimeSpan.FromMicroseconds(Durations[1]),
        DurationP99 = TimeSpan.FromMicroseconds(Durations[2]),
        Judged = Judged,
        PassRate = JudgedWeight > 0 ? PassedWeight / JudgedWeight : null,
    };
}
