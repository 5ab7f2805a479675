using Espalier.Core.Traces.Otlp;
using Espalier.Server.Traces.Otlp;

namespace Espalier.Server.Tests.Traces.Otlp.Fakes;

/// <summary>Takes whatever comes, remembers it, and answers as it is told.</summary>
internal sealed class RecordingIntake : IOtlpIntake
{
    private readonly Lock _lock = new();
    private readonly List<(OtlpSignal Signal, OtlpEncoding Encoding, byte[] Body)> _taken = [];

    public Func<ReadOnlyMemory<byte>, CancellationToken, Task<OtlpReceipt>> Answer { get; set; } = (_, _) => Task.FromResult(new OtlpReceipt(1, 0, null));

    public IReadOnlyList<(OtlpSignal Signal, OtlpEncoding Encoding, byte[] Body)> Taken
    {
        get
        {
            lock (_lock) return [.. _taken];
        }
    }

    public Task<OtlpReceipt> TakeAsync(OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        lock (_lock) _taken.Add((signal, encoding, body.ToArray()));
        return Answer(body, cancellationToken);
    }
}
