using Espalier.Storage.Sqlite;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Numbers each write: of two rows of one span the greater counts. Thread-safe.</summary>
internal sealed class WriteClock(TimeProvider time)
{
    private long _last;

    /// <summary>The clock in microseconds, or one more than before where it stands still or steps back.</summary>
    public long Next()
    {
        while (true)
        {
            var last = Interlocked.Read(ref _last);
            var next = Math.Max(UnixMicros.From(time.GetUtcNow()), last + 1);
            if (Interlocked.CompareExchange(ref _last, next, last) == last) return next;
        }
    }
}
