using Espalier.Contracts.Shared;

namespace Espalier.Gateway.Providers.Breakers;

/// <summary>Stops asking what keeps failing. Thread-safe.</summary>
/// <remarks>The circuit breaker of Nygard's "Release It!": closed until failures in a row, or their share of a sliding window, reach their limits;
/// then open; after a while one probe is let through, whose end closes it or opens it again for twice as long. Each admission carries the
/// number of the state that it came through, and what an admission of an earlier state has to say changes nothing.</remarks>
internal sealed class Breaker(BreakerOptions options, TimeProvider time)
{
    private const int Slots = 10;

    private readonly Lock _lock = new();
    private readonly (long Slot, int Good, int Bad)[] _window = new (long, int, int)[Slots];
    private int _inARow;
    private int _openings;
    private int _generation;
    private bool _isOpen;
    private bool _probing;
    private DateTimeOffset _until;

    /// <summary>Of what kind the last counted failure was.</summary>
    public FailureClass LastFailure { get; private set; }

    /// <summary>What opened it last; null when nothing did.</summary>
    public string? Why { get; private set; }

    public BreakerState State
    {
        get
        {
            lock (_lock) return !_isOpen ? BreakerState.Closed : time.GetUtcNow() < _until ? BreakerState.Open : BreakerState.HalfOpen;
        }
    }

    public int FailuresInARow
    {
        get
        {
            lock (_lock) return _inARow;
        }
    }

    /// <summary>When it lets a probe through; null while it is closed.</summary>
    public DateTimeOffset? OpenUntil
    {
        get
        {
            lock (_lock) return _isOpen ? _until : null;
        }
    }

    /// <summary>True when there is nothing to tell about it.</summary>
    public bool IsQuiet
    {
        get
        {
            lock (_lock) return !_isOpen && _inARow == 0;
        }
    }

    /// <summary>A number to report the end with; null while it is open, or its one probe is out.</summary>
    public int? TryEnter()
    {
        lock (_lock)
        {
            if (!_isOpen) return _generation;
            if (_probing || time.GetUtcNow() < _until) return null;
            _probing = true;
            return ++_generation;
        }
    }

    public void Succeeded(int admission)
    {
        lock (_lock)
        {
            if (admission != _generation) return;
            if (_isOpen) Array.Clear(_window);
            (_isOpen, _probing, _inARow, _openings) = (false, false, 0, 0);
            Count(good: 1, bad: 0);
        }
    }

    /// <summary>Neither good nor bad: the request said nothing about the other side.</summary>
    public void Passed(int admission)
    {
        lock (_lock)
            if (admission == _generation) _probing = false;
    }

    /// <param name="admission">From <see cref="TryEnter"/>.</param>
    /// <param name="failure">Its kind.</param>
    /// <param name="why">For people; holds no secret.</param>
    /// <param name="atOnce">Whether this one failure is enough.</param>
    /// <param name="wait">How long the other side wants to be left alone.</param>
    public void Failed(int admission, FailureClass failure, string why, bool atOnce, TimeSpan? wait)
    {
        lock (_lock)
        {
            if (admission != _generation) return;
            LastFailure = failure;
            _inARow++;
            var (good, bad) = Count(good: 0, bad: 1);
            var enough = atOnce || _inARow >= options.ConsecutiveFailures || (good + bad >= options.MinimumRequests && bad >= options.FailureRatio * (good + bad));
            if (!_isOpen && !enough) return;
            var usual = Min(options.OpenFor * Math.Pow(2, Math.Min(_openings, 20)), options.MostOpenFor);
            var asked = Min(wait ?? TimeSpan.Zero, options.MostOpenFor);
            (_isOpen, _probing, Why, _until) = (true, false, why, time.GetUtcNow() + (asked > usual ? asked : usual));
            _openings++;
            _generation++;
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private (int Good, int Bad) Count(int good, int bad)
    {
        var slot = time.GetUtcNow().UtcTicks / Math.Max(1, options.Window.Ticks / Slots);
        ref var now = ref _window[slot % Slots];
        if (now.Slot != slot) now = (slot, 0, 0);
        now = (slot, now.Good + good, now.Bad + bad);
        var (allGood, allBad) = (0, 0);
        foreach (var one in _window)
        {
            if (one.Slot <= slot - Slots) continue;
            allGood += one.Good;
            allBad += one.Bad;
        }

        return (allGood, allBad);
    }
}
