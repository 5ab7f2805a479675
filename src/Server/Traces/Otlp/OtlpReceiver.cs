using Espalier.Core.Traces.Otlp;
using Espalier.Server.Runs;

namespace Espalier.Server.Traces.Otlp;

/// <summary>What both transports share: the room for bodies, the turn to work on one, and the counts.</summary>
internal sealed class OtlpReceiver(IOtlpIntake intake, OtlpCounts counts, OtlpOptions options, TimeProvider time)
{
    private readonly WorkGate _gate = new(options, time);

    // A body that grows holds its old and its new buffer for a moment.
    private readonly ByteBudget _room = new(Math.Max(options.MaxBytesInFlight, 2L * options.MaxBodyBytes));

    public int InWork => _gate.InWork;

    public int Waiting => _gate.WaitingCount;

    /// <summary>Of the buffers of all bodies.</summary>
    public long BytesHeld => _room.Taken;

    public BodyBuffer NewBody() => new(_room, options);

    public async Task<OtlpReceipt> TakeAsync(OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, RunSpans? of, CancellationToken cancellationToken)
    {
        using var turn = await _gate.EnterAsync(body.Length, cancellationToken);
        var receipt = of is null ? await intake.TakeAsync(signal, encoding, body, cancellationToken) : await intake.TakeAsync(of, signal, encoding, body, cancellationToken);
        counts.Took(signal, body.Length, receipt);
        return receipt;
    }
}
