using Espalier.Core.Shared;

namespace Espalier.Core.Datasets.Curators.Errors;

/// <summary>What goes wrong: traces that failed, were answered wrongly or got a thumbs down.</summary>
internal sealed class ErrorsCurator : ICurator
{
    public string Name => "errors";

    public IReadOnlyList<Chosen> Choose(IReadOnlyList<LabelledTrace> traces, int size, Seed seed) =>
        [.. seed.For("curator/errors").Shuffle(traces.Where(trace => trace.Failed)).Take(size).Select(trace => new Chosen(trace, null))];
}
