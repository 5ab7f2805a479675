using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Accounting.Batches;

/// <summary>What the lines of a batch come to, by model.</summary>
internal sealed class BatchSums
{
    private readonly Dictionary<string, Sum> _models = [];

    public IReadOnlyDictionary<string, Sum> ByModel => _models;

    /// <summary>Of all models together.</summary>
    public TokenUsage Total => _models.Values.Aggregate(new TokenUsage(), (total, one) => Plus(total, one.Usage));

    public void Add(string model, TokenUsage usage, Usd? cost)
    {
        var known = _models.GetValueOrDefault(model) ?? new Sum(0, new TokenUsage(), Usd.Zero);
        _models[model] = new Sum(known.Lines + 1, Plus(known.Usage, usage), known.Cost is { } sum && cost is { } more ? sum + more : null);
    }

    private static TokenUsage Plus(TokenUsage a, TokenUsage b) => new()
    {
        InputUncached = Plus(a.InputUncached, b.InputUncached),
        CacheRead = Plus(a.CacheRead, b.CacheRead),
        CacheWrite = Plus(a.CacheWrite, b.CacheWrite),
        CacheWriteHour = Plus(a.CacheWriteHour, b.CacheWriteHour),
        InputAudio = Plus(a.InputAudio, b.InputAudio),
        OutputText = Plus(a.OutputText, b.OutputText),
        OutputReasoning = Plus(a.OutputReasoning, b.OutputReasoning),
        OutputAudio = Plus(a.OutputAudio, b.OutputAudio),
        BilledCalls = a.BilledCalls is null || b.BilledCalls is null ? a.BilledCalls ?? b.BilledCalls
            : a.BilledCalls.Concat(b.BilledCalls).GroupBy(call => call.Key).ToDictionary(call => call.Key, call => call.Sum(one => one.Value)),
    };

    private static long? Plus(long? a, long? b) => a is null ? b : a + (b ?? 0);

    internal sealed record Sum(int Lines, TokenUsage Usage, Usd? Cost);
}
