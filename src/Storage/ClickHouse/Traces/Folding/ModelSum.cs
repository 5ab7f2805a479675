using Espalier.Contracts.Traces;
using Espalier.Core.Traces;

namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>What one model did in a trace.</summary>
internal sealed class ModelSum(string name)
{
    public string Name { get; } = name;

    public uint Calls { get; private set; }

    public uint Errors { get; private set; }

    public uint Unpriced { get; private set; }

    public long CostNano { get; private set; }

    public long Input { get; private set; }

    public long Output { get; private set; }

    public long DurationUs { get; private set; }

    /// <summary>By model, in the order of their first calls.</summary>
    public static List<ModelSum> Of(TraceFacts facts)
    {
        var sums = new List<ModelSum>(1);
        foreach (var call in facts.ModelCalls) Add(sums, call);
        foreach (var call in facts.EmbeddingCalls) Add(sums, call);
        return sums;
    }

    private static void Add(List<ModelSum> sums, ModelCall call)
    {
        var name = TraceSummaries.ModelOf(call) ?? "";
        ModelSum? sum = null;
        foreach (var one in sums)
            if (one.Name == name) sum = one;
        if (sum is null) sums.Add(sum = new ModelSum(name));
        sum.Calls++;
        if (call.Error is not null) sum.Errors++;
        else if (call.Cost is null) sum.Unpriced++;
        sum.CostNano += call.Cost?.Nano ?? 0;
        sum.Input += call.Usage?.InputTotal() ?? 0;
        sum.Output += call.Usage?.OutputTotal() ?? 0;
        sum.DurationUs += call.Duration.Ticks / TimeSpan.TicksPerMicrosecond;
    }
}
