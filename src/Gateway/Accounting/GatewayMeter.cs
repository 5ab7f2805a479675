using System.Diagnostics.Metrics;
using Espalier.Contracts.Shared;

namespace Espalier.Gateway.Accounting;

/// <summary>Counts what must not happen and what does not fit.</summary>
internal sealed class GatewayMeter : IDisposable
{
    public const string Name = "Espalier.Gateway";

    private readonly Meter _meter;
    private readonly Counter<long> _violations;
    private readonly Counter<long> _unpriced;
    private readonly Counter<long> _estimated;

    public GatewayMeter(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(Name) ?? new Meter(Name);
        _violations = _meter.CreateCounter<long>(
            "gateway.usage.violations", "{reply}", "Replies whose usage contradicts itself, by what does not fit.");
        _unpriced = _meter.CreateCounter<long>("gateway.usage.unpriced", "{attempt}", "Attempts whose cost is unknown.");
        _estimated = _meter.CreateCounter<long>("gateway.usage.estimated", "{attempt}", "Attempts whose usage was estimated, all or in part.");
    }

    /// <summary>Tells of the spans on their way to the trace store.</summary>
    public void Watch(Func<TraceQueueState> state)
    {
        _meter.CreateObservableGauge("gateway.spans.queued", () => state().Spans, "{span}", "Spans that wait to be stored.");
        _meter.CreateObservableGauge("gateway.spans.queued.bytes", () => state().Bytes, "By", "What they take, about.");
        _meter.CreateObservableCounter("gateway.spans.waits", () => state().Waits, "{wait}", "Times that a call waited because too much waited before it.");
        _meter.CreateObservableCounter("gateway.spans.dropped", () => state().Dropped, "{span}", "Spans that were lost.");
    }

    public void Violated(string what) => _violations.Add(1, new KeyValuePair<string, object?>("what", what));

    public void Unpriced() => _unpriced.Add(1);

    public void Estimated() => _estimated.Add(1);

    public void Dispose() => _meter.Dispose();
}
