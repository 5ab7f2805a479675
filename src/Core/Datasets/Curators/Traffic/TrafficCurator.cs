using Espalier.Core.Shared;

namespace Espalier.Core.Datasets.Curators.Traffic;

/// <summary>What users really send: a uniform sample of the traces, without replacement.</summary>
internal sealed class TrafficCurator : ICurator
{
    public string Name => "traffic";

    public IReadOnlyList<Chosen> Choose(IReadOnlyList<LabelledTrace> traces, int size, Seed seed)
    {
        var probability = traces.Count == 0 ? 1 : Math.Min(1, (double)size / traces.Count);
        return [.. seed.For("curator/traffic").Shuffle(traces).Take(size).Select(trace => new Chosen(trace, probability))];
    }
}
