using System.Diagnostics.Metrics;

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

    public void Violated(string what) => _violations.Add(1, new KeyValuePair<string, object?>("what", what));

    public void Unpriced() => _unpriced.Add(1);

    public void Estimated() => _estimated.Add(1);

    public void Dispose() => _meter.Dispose();
}
