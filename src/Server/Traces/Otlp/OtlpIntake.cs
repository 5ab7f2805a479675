using Espalier.Core.Traces;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Server.Traces.Otlp;

/// <summary>An export on its way into the trace store: read into canonical spans and feedback, then stored.</summary>
internal sealed class OtlpIntake(OtlpMapper mapper, ITraceWriter store) : IOtlpIntake
{
    public async Task<OtlpReceipt> TakeAsync(OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var batch = mapper.Map(signal, encoding, body);
        if (batch.MalformedReason is { } reason) throw OtlpRefusal.Malformed($"{reason} Nothing of it was stored.");

        // Both are known by their ids: whoever is told of a fault between the two sends both again.
        if (batch.Spans.Count > 0) await store.WriteAsync(batch.Spans, cancellationToken);
        if (batch.Feedback.Count > 0) await store.WriteFeedbackAsync(batch.Feedback, cancellationToken);
        return new OtlpReceipt(batch.AcceptedItems, batch.RejectedItems, batch.RejectedItems > 0 ? string.Join(' ', batch.Reasons) : null);
    }
}
