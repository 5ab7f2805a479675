namespace Espalier.Gateway.Providers;

/// <summary>How long one request may take: to say its first word, between two of them, and in all. Not thread-safe: one request owns it.</summary>
/// <remarks>What keeps a connection open (comments, pings, an announcement without content) does not count as a word. One timer serves all
/// limits: a word only moves a deadline, and the timer finds out when it wakes.</remarks>
internal sealed class TimeLimits : IDisposable
{
    private readonly UpstreamOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _source;
    private readonly long _start;
    private readonly TimeSpan _first;
    private readonly ITimer _timer;

    // Since the start, in ticks: written by the request, read by the timer. The timer is set for a time at or before the deadline.
    private long _deadline;
    private long _set;
    private volatile bool _began;
    private volatile string? _reached;

    /// <param name="options">The limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="whole">Whether the answer's first byte comes when all of it is written.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public TimeLimits(UpstreamOptions options, TimeProvider time, bool whole, CancellationToken cancellationToken)
    {
        (_options, _time, _start) = (options, time, time.GetTimestamp());
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _first = whole ? options.WholeTimeout : options.FirstByteTimeout;
        _deadline = _first.Ticks;
        _timer = time.CreateTimer(static self => ((TimeLimits)self!).Wake(), this, Next(TimeSpan.Zero), Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Which limit was reached, in words for people; null when none was.</summary>
    public string? Reached => _reached;

    /// <summary>The answer itself has begun.</summary>
    public void Begin() => _began = true;

    /// <summary>A whole piece of an answer that has begun came: the silence starts anew.</summary>
    public void Heard()
    {
        if (!_began) return;
        var now = _time.GetElapsedTime(_start);
        var deadline = (now + _options.SilenceTimeout).Ticks;
        Volatile.Write(ref _deadline, deadline);
        if (deadline < Volatile.Read(ref _set)) _timer.Change(Next(now), Timeout.InfiniteTimeSpan);
    }

    /// <summary>While a client takes its time to read, nobody is silent.</summary>
    public void Pause()
    {
        if (_began) Volatile.Write(ref _deadline, long.MaxValue);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _source.Dispose();
    }

    private void Wake()
    {
        var now = _time.GetElapsedTime(_start);
        if (now >= _options.TotalTimeout) Reach($"{_options.TotalTimeout.TotalSeconds:0.#} s in all");
        else if (now.Ticks >= Volatile.Read(ref _deadline)) Reach(_began ? $"{_options.SilenceTimeout.TotalSeconds:0.#} s of silence" : $"{_first.TotalSeconds:0.#} s to begin");
        else _timer.Change(Next(now), Timeout.InfiniteTimeSpan);
    }

    private void Reach(string limit)
    {
        _reached = limit;
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The request ended while the timer woke.
        }
    }

    /// <summary>How long until the next deadline, as it stands now; for that the timer is set.</summary>
    private TimeSpan Next(TimeSpan now)
    {
        var next = Math.Min(Volatile.Read(ref _deadline), _options.TotalTimeout.Ticks);
        Volatile.Write(ref _set, next);
        var left = new TimeSpan(next) - now;
        // A timer may wake a moment early; it then waits for that moment.
        return left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left;
    }
}
