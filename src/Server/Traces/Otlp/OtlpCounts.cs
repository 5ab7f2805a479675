using System.Diagnostics.Metrics;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Server.Traces.Otlp;

/// <summary>How much telemetry came since the server started. Thread-safe.</summary>
internal sealed class OtlpCounts : IDisposable
{
    private readonly Meter _meter = new("Espalier.Traces");
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _bytes;
    private readonly long[] _acceptedOf = new long[3];
    private readonly long[] _rejectedOf = new long[3];
    private long _refusedBodies;

    public OtlpCounts()
    {
        _accepted = _meter.CreateCounter<long>("espalier.traces.otlp.accepted", "{item}", "Spans, log records and data points that were taken");
        _rejected = _meter.CreateCounter<long>("espalier.traces.otlp.rejected", "{item}", "Spans, log records and data points that will never be taken");
        _refused = _meter.CreateCounter<long>("espalier.traces.otlp.refused", "{body}", "Exports that were refused whole");
        _bytes = _meter.CreateCounter<long>("espalier.traces.otlp.bytes", "By", "Bytes of the exports that were taken, decompressed");
    }

    /// <summary>Exports that were refused whole.</summary>
    public long Refused => Interlocked.Read(ref _refusedBodies);

    public long Accepted(OtlpSignal signal) => Interlocked.Read(ref _acceptedOf[(int)signal]);

    public long Rejected(OtlpSignal signal) => Interlocked.Read(ref _rejectedOf[(int)signal]);

    public void Took(OtlpSignal signal, long bytes, OtlpReceipt receipt)
    {
        var tag = new KeyValuePair<string, object?>("signal", Name(signal));
        Interlocked.Add(ref _acceptedOf[(int)signal], receipt.Accepted);
        Interlocked.Add(ref _rejectedOf[(int)signal], receipt.Rejected);
        _accepted.Add(receipt.Accepted, tag);
        _bytes.Add(bytes, tag);
        if (receipt.Rejected > 0) _rejected.Add(receipt.Rejected, tag);
    }

    public void RefusedBody(OtlpSignal signal, OtlpRefusal refusal)
    {
        Interlocked.Increment(ref _refusedBodies);
        _refused.Add(1, new KeyValuePair<string, object?>("signal", Name(signal)), new KeyValuePair<string, object?>("status", refusal.Status));
    }

    public void Dispose() => _meter.Dispose();

    private static string Name(OtlpSignal signal) => signal switch { OtlpSignal.Traces => "traces", OtlpSignal.Logs => "logs", _ => "metrics" };
}
