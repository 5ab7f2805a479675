using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Folding;

namespace Espalier.Gateway.Accounting.Batches;

/// <summary>What the lines of a batch come to, by model.</summary>
internal sealed class BatchSums
{
    private readonly Dictionary<string, Sum> _models = [];

    public IReadOnlyDictionary<string, Sum> ByModel => _models;

    /// <summary>Of all models together.</summary>
    public TokenUsage Total => _models.Values.Aggregate(new TokenUsage(), (total, one) => UsageSum.Add(total, one.Usage));

    public void Add(string model, TokenUsage usage, Usd? cost)
    {
        var known = _models.GetValueOrDefault(model) ?? new Sum(0, new TokenUsage(), Usd.Zero);
        _models[model] = new Sum(known.Lines + 1, UsageSum.Add(known.Usage, usage), known.Cost is { } sum && cost is { } more ? sum + more : null);
    }

    internal sealed record Sum(int Lines, TokenUsage Usage, Usd? Cost);
}
