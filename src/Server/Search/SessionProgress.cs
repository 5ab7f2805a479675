namespace Espalier.Server.Search;

/// <summary>What a running session does right now, between two events. Lost with the process; nothing depends on it.</summary>
internal sealed class SessionProgress
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _phase;
    private string? _decision;
    private int _cases;

    public string? Phase
    {
        get => _phase;
        set
        {
            _phase = value;
            Touch();
        }
    }

    public string? Decision
    {
        get => _decision;
        set
        {
            _decision = value;
            Touch();
        }
    }

    /// <summary>Cases run since the process took the session up.</summary>
    public int Cases => Volatile.Read(ref _cases);

    /// <summary>What broke it and what to do; null while nothing did.</summary>
    public (string Reason, string Fix)? Fault { get; set; }

    /// <summary>Completes at the next change after the call.</summary>
    public Task NextChangeAsync()
    {
        lock (_lock) return _changed.Task;
    }

    public void CountCase()
    {
        // Watchers look every two seconds anyway; a signal a case would only wake them for nothing.
        Interlocked.Increment(ref _cases);
    }

    public void Reset()
    {
        Fault = null;
        Touch();
    }

    public void Touch()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }
}
