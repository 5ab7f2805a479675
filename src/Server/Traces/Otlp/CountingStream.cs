namespace Espalier.Server.Traces.Otlp;

/// <summary>Counts what is read through it.</summary>
internal sealed class CountingStream(Stream inner) : ReadingStream
{
    public long Count { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Count += read;
        return read;
    }
}
