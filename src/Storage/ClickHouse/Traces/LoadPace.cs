using Espalier.Core.Traces;
using Espalier.Storage.ClickHouse.Journal;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Keeps the journal short while the tables take rows more slowly than senders bring them.</summary>
/// <remarks>The journal takes rows several times as fast as the tables do, so without it an hour of load would be hours from being read. While
/// nothing is loaded at all - the store restarts, its disk is full - nobody waits: then the journal is what it is for. Thread-safe.</remarks>
internal sealed class LoadPace(TraceJournal journal, ClickHouseOptions options, TimeProvider time) : ITraceBacklog
{
    // About a batch: less says nothing about how fast loading is, and always may wait.
    private const long FreeBytes = 32L * 1024 * 1024;
    private const long TellingBytes = FreeBytes / 4;
    private const double NewShare = 0.3;

    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(4);

    private readonly Lock _lock = new();
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private double _bytesPerSecond;
    private bool _isStalled;

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (IsBehind(out var moved))
        {
            var left = MostWait - time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero) return;
            try
            {
                await moved.WaitAsync(left, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return;
            }
        }
    }

    public void Loaded(long bytes, TimeSpan took)
    {
        lock (_lock)
        {
            _isStalled = false;
            var rate = bytes / Math.Max(0.001, took.TotalSeconds);
            if (bytes >= TellingBytes) _bytesPerSecond = _bytesPerSecond == 0 ? rate : (NewShare * rate) + ((1 - NewShare) * _bytesPerSecond);
            Move();
        }
    }

    public void Stalled()
    {
        lock (_lock)
        {
            _isStalled = true;
            Move();
        }
    }

    private bool IsBehind(out Task moved)
    {
        lock (_lock)
        {
            moved = _moved.Task;
            var most = Math.Max(FreeBytes, _bytesPerSecond * options.MaxLag.TotalSeconds);
            return !_isStalled && _bytesPerSecond > 0 && journal.WaitingBytes > most;
        }
    }

    private void Move()
    {
        _moved.TrySetResult();
        _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
