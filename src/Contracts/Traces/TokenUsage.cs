namespace Espalier.Contracts.Traces;

/// <summary>Tokens of one call in disjoint counts: no token is in two of them. Null is unknown, not zero.</summary>
public sealed record TokenUsage
{
    /// <summary>Input that was neither read from nor written to a cache.</summary>
    public long? InputUncached { get; init; }

    public long? CacheRead { get; init; }

    /// <summary>Written to a cache that is kept for minutes, or for a time that is not told.</summary>
    public long? CacheWrite { get; init; }

    /// <summary>Written to a cache that is kept for an hour; it is dearer.</summary>
    public long? CacheWriteHour { get; init; }

    /// <summary>Input of sound, where it is told apart.</summary>
    public long? InputAudio { get; init; }

    public long? OutputText { get; init; }

    public long? OutputReasoning { get; init; }

    /// <summary>Output of sound, where it is told apart.</summary>
    public long? OutputAudio { get; init; }

    /// <summary>Tools of the provider's own that are billed by the call, such as <c>web_search</c>; null when none is told.</summary>
    public IReadOnlyDictionary<string, long>? BilledCalls { get; init; }

    /// <summary>All input counts that are known; null when none is.</summary>
    public long? InputTotal() => Sum(InputUncached, CacheRead, CacheWrite, CacheWriteHour, InputAudio);

    /// <summary>All output counts that are known; null when none is.</summary>
    public long? OutputTotal() => Sum(OutputText, OutputReasoning, OutputAudio);

    private static long? Sum(params ReadOnlySpan<long?> counts)
    {
        long? total = null;
        foreach (var count in counts)
            if (count is { } known) total = (total ?? 0) + known;
        return total;
    }
}
