namespace Espalier.Server.Traces.Otlp;

/// <summary>Bytes that may be held at once by all who share it. Never waits: two that hold half of it each would wait for one another.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ByteBudget(long limit)
{
    private long _taken;

    public long Taken => Interlocked.Read(ref _taken);

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limit) return true;
        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    public void Give(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
