using System.Collections.Concurrent;
using Espalier.Core.Traces.Dialects;

namespace Espalier.Core.Traces.Otlp;

/// <summary>Turns export requests of any OpenTelemetry client into canonical spans and feedback.</summary>
/// <remarks>Never throws for what a body holds. Thread-safe; each call works in buffers of its own that later calls use again. The body must
/// not change during the call; nothing of the result refers to it.</remarks>
/// <param name="dialects">In the order in which they are believed.</param>
/// <param name="pricing">Prices calls of which no cost is told; null when nothing is to be priced.</param>
public sealed class OtlpMapper(IEnumerable<ITraceDialect> dialects, IPricing? pricing = null)
{
    private const int MostKept = 16;
    private readonly DialectChain _dialects = new(dialects);
    private readonly ConcurrentBag<OtlpMapping> _idle = [];

    public OtlpBatch Map(OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body)
    {
        var gathered = new GatheredItems();
        return new OtlpBatch(Map(signal, encoding, body, gathered), gathered.Spans, gathered.Feedback);
    }

    /// <param name="sink">Gets everything that the body holds, item by item; to be forgotten again when the body turns out to be malformed.</param>
    public OtlpOutcome Map(OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, ITraceSink sink)
    {
        if (!_idle.TryTake(out var mapping)) mapping = new OtlpMapping(_dialects, pricing);
        try
        {
            return mapping.Map(signal, encoding, body, sink);
        }
        finally
        {
            if (_idle.Count < MostKept) _idle.Add(mapping);
        }
    }
}
