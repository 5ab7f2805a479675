using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Dialects;

/// <summary>Token counts as they are gathered: input includes what was read from and written to a cache, output includes reasoning.</summary>
/// <remarks>A dialect whose counts exclude each other adds them up before it puts them here.</remarks>
public sealed class UsageDraft
{
    private const long MostTokens = 1_000_000_000_000;

    public long? Input { get; set; }

    public long? Output { get; set; }

    public long? CacheRead { get; set; }

    public long? CacheWrite { get; set; }

    public long? CacheWriteHour { get; set; }

    public long? InputAudio { get; set; }

    public long? Reasoning { get; set; }

    public long? OutputAudio { get; set; }

    public Dictionary<string, long>? BilledCalls { get; set; }

    internal void Clear()
    {
        Input = Output = CacheRead = CacheWrite = CacheWriteHour = InputAudio = Reasoning = OutputAudio = null;
        BilledCalls = null;
    }

    /// <summary>The disjoint form; null when nothing is known.</summary>
    /// <param name="oddity">Set when the counts cannot be as the convention says.</param>
    internal TokenUsage? ToUsage(out string? oddity)
    {
        oddity = null;
        (Input, Output, CacheRead, CacheWrite) = (Sane(Input, ref oddity), Sane(Output, ref oddity), Sane(CacheRead, ref oddity), Sane(CacheWrite, ref oddity));
        (CacheWriteHour, InputAudio, Reasoning, OutputAudio) = (Sane(CacheWriteHour, ref oddity), Sane(InputAudio, ref oddity), Sane(Reasoning, ref oddity), Sane(OutputAudio, ref oddity));
        if (Input is null && Output is null && CacheRead is null && CacheWrite is null && CacheWriteHour is null && InputAudio is null && Reasoning is null && OutputAudio is null && BilledCalls is null) return null;
        var apart = Sum(CacheRead, CacheWrite, CacheWriteHour, InputAudio);
        var uncached = Input - apart;
        if (uncached < 0)
        {
            // More tokens from the cache than tokens at all: this sender does not include them, as the Anthropic API does not.
            oddity = $"usage: input of {Input} tokens with {apart} more from caches; taken as not included";
            uncached = Input;
        }

        var told = Sum(Reasoning, OutputAudio);
        var text = Output - told;
        if (text < 0)
        {
            oddity = $"usage: output of {Output} tokens with {told} more of reasoning; taken as not included";
            text = Output;
        }

        return new TokenUsage
        {
            InputUncached = uncached,
            CacheRead = CacheRead,
            CacheWrite = CacheWrite,
            CacheWriteHour = CacheWriteHour,
            InputAudio = InputAudio,
            OutputText = text,
            OutputReasoning = Reasoning,
            OutputAudio = OutputAudio,
            BilledCalls = BilledCalls,
        };
    }

    // Sums over a trace stay far from overflowing.
    private static long? Sane(long? count, ref string? oddity)
    {
        if (count is null or (>= 0 and <= MostTokens)) return count;
        oddity = $"usage: {count} tokens cannot be";
        return null;
    }

    private static long Sum(params ReadOnlySpan<long?> counts)
    {
        var sum = 0L;
        foreach (var count in counts) sum = long.MaxValue - sum < (count ?? 0) ? long.MaxValue : sum + (count ?? 0);
        return sum;
    }
}
