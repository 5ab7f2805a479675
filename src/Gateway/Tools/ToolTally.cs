using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Gateway.Tools;

/// <summary>What one run called, and how far it is in its recordings. Thread-safe: an agent may make calls at the same time.</summary>
internal sealed class ToolTally
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _asked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ToolRecording>> _recorded = new(StringComparer.Ordinal);
    private Task? _loading;
    private int _calls;
    private int _forwarded;
    private int _replayed;
    private int _missedFailed;
    private int _missedForwarded;
    private int _missedSimulated;
    private int _writesBlocked;
    private int _failed;
    private string? _error;

    /// <summary>The first failure of a real tool server.</summary>
    public string? Error
    {
        get
        {
            lock (_lock) return _error;
        }
    }

    /// <summary>Null when nothing was called.</summary>
    public ToolUsage? Usage
    {
        get
        {
            lock (_lock)
            {
                return _calls == 0 ? null : new ToolUsage
                {
                    Calls = _calls,
                    Forwarded = _forwarded,
                    Replayed = _replayed,
                    MissedFailed = _missedFailed,
                    MissedForwarded = _missedForwarded,
                    MissedSimulated = _missedSimulated,
                    WritesBlocked = _writesBlocked,
                    Failed = _failed,
                };
            }
        }
    }

    /// <summary>Counts a call; false when there were too many before it.</summary>
    public bool TryCall(int most)
    {
        lock (_lock) return ++_calls <= most;
    }

    /// <summary>Loads what was recorded, once a run.</summary>
    public Task LoadAsync(Func<Task<IReadOnlyList<ToolRecording>>> read)
    {
        lock (_lock) return _loading ??= LoadOnceAsync(read);
    }

    /// <summary>The next recorded answer to a fingerprint; null when there is none, or when all were given and it must not be given twice.</summary>
    public ToolRecording? TakeRecorded(string fingerprint, bool mayRepeat)
    {
        lock (_lock)
        {
            var asked = _asked.GetValueOrDefault(fingerprint);
            _asked[fingerprint] = asked + 1;
            if (!_recorded.TryGetValue(fingerprint, out var answers)) return null;
            if (asked < answers.Count || mayRepeat)
            {
                _replayed++;
                return answers[Math.Min(asked, answers.Count - 1)];
            }

            return null;
        }
    }

    /// <summary>An evaluation has recorded this one itself.</summary>
    public void Keep(ToolRecording recording)
    {
        lock (_lock) Add(recording);
    }

    public void Forwarded(bool missed)
    {
        lock (_lock)
        {
            _forwarded++;
            if (missed) _missedForwarded++;
        }
    }

    public void Simulated()
    {
        lock (_lock) _missedSimulated++;
    }

    public void Missed(bool writes)
    {
        lock (_lock)
        {
            _missedFailed++;
            if (writes) _writesBlocked++;
        }
    }

    public void Failed(string error)
    {
        lock (_lock)
        {
            _failed++;
            _error ??= error;
        }
    }

    private async Task LoadOnceAsync(Func<Task<IReadOnlyList<ToolRecording>>> read)
    {
        var recorded = await read();
        lock (_lock)
            foreach (var one in recorded) Add(one);
    }

    private void Add(ToolRecording recording)
    {
        if (!_recorded.TryGetValue(recording.Fingerprint, out var answers)) _recorded[recording.Fingerprint] = answers = [];
        answers.Add(recording);
    }
}
