using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Folding;

/// <summary>Adds usages; a count that neither knows stays unknown.</summary>
public static class UsageSum
{
    public static TokenUsage Add(TokenUsage a, TokenUsage b) => new()
    {
        InputUncached = Add(a.InputUncached, b.InputUncached),
        CacheRead = Add(a.CacheRead, b.CacheRead),
        CacheWrite = Add(a.CacheWrite, b.CacheWrite),
        CacheWriteHour = Add(a.CacheWriteHour, b.CacheWriteHour),
        InputAudio = Add(a.InputAudio, b.InputAudio),
        OutputText = Add(a.OutputText, b.OutputText),
        OutputReasoning = Add(a.OutputReasoning, b.OutputReasoning),
        OutputAudio = Add(a.OutputAudio, b.OutputAudio),
        BilledCalls = Add(a.BilledCalls, b.BilledCalls),
    };

    private static long? Add(long? a, long? b) => a is null ? b : b is null ? a : a + b;

    private static IReadOnlyDictionary<string, long>? Add(IReadOnlyDictionary<string, long>? a, IReadOnlyDictionary<string, long>? b)
    {
        if (a is null || b is null) return a ?? b;
        return a.Concat(b).GroupBy(pair => pair.Key, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Sum(pair => pair.Value));
    }
}
