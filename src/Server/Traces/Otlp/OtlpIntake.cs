using Espalier.Core.Traces;
using Espalier.Core.Traces.Otlp;
using Espalier.Server.Runs;

namespace Espalier.Server.Traces.Otlp;

/// <summary>An export on its way into the trace store: read into canonical spans and feedback, then stored.</summary>
internal sealed class OtlpIntake(OtlpMapper mapper, ITraceWriter store, ITraceBacklog backlog) : IOtlpIntake
{
    public Task<OtlpReceipt> TakeAsync(OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        TakeAsync(signal, encoding, body, sink => sink, cancellationToken);

    public Task<OtlpReceipt> TakeAsync(RunSpans of, OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        TakeAsync(signal, encoding, body, of.Into, cancellationToken);

    private async Task<OtlpReceipt> TakeAsync(
        OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, Func<ITraceSink, ITraceSink> into, CancellationToken cancellationToken)
    {
        await backlog.WaitAsync(cancellationToken);
        using var batch = store.NewBatch();
        var outcome = mapper.Map(signal, encoding, body, into(batch));
        if (outcome.MalformedReason is { } reason) throw OtlpRefusal.Malformed($"{reason} Nothing of it was stored.");
        await batch.CommitAsync(cancellationToken);
        return new OtlpReceipt(outcome.AcceptedItems, outcome.RejectedItems, outcome.RejectedItems > 0 ? string.Join(' ', outcome.Reasons) : null);
    }
}
