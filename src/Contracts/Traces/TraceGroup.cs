using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>One group of a <see cref="TraceBreakdown"/>. By model, calls and what they cost and took are that model's alone.</summary>
public sealed record TraceGroup
{
    /// <summary>Null where the traces do not say; times are the beginning of the hour or day, RFC 3339.</summary>
    public required IReadOnlyList<string?> Keys { get; init; }

    public required double Traces { get; init; }

    /// <summary>Kept traces behind the estimates.</summary>
    public required long Observed { get; init; }

    public required double Errors { get; init; }

    public required double ModelCalls { get; init; }

    /// <summary>Sum of the known costs.</summary>
    public required Usd Cost { get; init; }

    public required double UnpricedCalls { get; init; }

    public required double InputTokens { get; init; }

    public required double OutputTokens { get; init; }

    /// <summary>Median duration of a trace; by model, the mean duration of a trace's calls of it.</summary>
    public required TimeSpan DurationP50 { get; init; }

    public required TimeSpan DurationP95 { get; init; }

    public required TimeSpan DurationP99 { get; init; }

    /// <summary>Kept traces of which the metric is known.</summary>
    public required long Judged { get; init; }

    /// <summary>Share of those that passed, in [0, 1]; null when none is known.</summary>
    public double? PassRate { get; init; }
}
