namespace Espalier.Contracts.Traces;

/// <summary>Tokens of one attempt in disjoint counts (design: usage accounting in normal form). Null is unknown, not zero.</summary>
public sealed record TokenUsage
{
    public long? InputUncached { get; init; }

    public long? CacheRead { get; init; }

    public long? CacheWrite { get; init; }

    public long? OutputText { get; init; }

    public long? OutputReasoning { get; init; }

    /// <summary>All input counts that are known; null when none is.</summary>
    public long? InputTotal() => Sum(InputUncached, CacheRead, CacheWrite);

    /// <summary>All output counts that are known; null when none is.</summary>
    public long? OutputTotal() => Sum(OutputText, OutputReasoning);

    private static long? Sum(params ReadOnlySpan<long?> counts)
    {
        long? total = null;
        foreach (var count in counts)
            if (count is { } known) total = (total ?? 0) + known;
        return total;
    }
}
