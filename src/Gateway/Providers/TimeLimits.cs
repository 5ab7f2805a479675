namespace Espalier.Gateway.Providers;

/// <summary>How long one request may take: to say its first word, between two of them, and in all. Not thread-safe: one request owns it.</summary>
/// <remarks>What keeps a connection open (comments, pings, an announcement without content) does not count as a word.</remarks>
internal sealed class TimeLimits : IDisposable
{
    private readonly UpstreamOptions _options;
    private readonly CancellationTokenSource _total;
    private readonly CancellationTokenSource _wait;
    private readonly CancellationTokenSource _linked;
    private bool _began;

    public TimeLimits(UpstreamOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        _options = options;
        _total = new CancellationTokenSource(options.TotalTimeout, time);
        _wait = new CancellationTokenSource(options.FirstByteTimeout, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_total.Token, _wait.Token, cancellationToken);
    }

    public CancellationToken Token => _linked.Token;

    /// <summary>Which limit was reached, in words for people; null when none was.</summary>
    public string? Reached => _total.IsCancellationRequested ? $"{_options.TotalTimeout.TotalSeconds:0.#} s in all"
        : !_wait.IsCancellationRequested ? null
        : _began ? $"{_options.SilenceTimeout.TotalSeconds:0.#} s of silence" : $"{_options.FirstByteTimeout.TotalSeconds:0.#} s to begin";

    /// <summary>The answer itself has begun.</summary>
    public void Begin() => _began = true;

    /// <summary>A whole piece of an answer that has begun came: the silence starts anew.</summary>
    public void Heard()
    {
        if (_began) _wait.CancelAfter(_options.SilenceTimeout);
    }

    /// <summary>While a client takes its time to read, nobody is silent.</summary>
    public void Pause()
    {
        if (_began) _wait.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _linked.Dispose();
        _wait.Dispose();
        _total.Dispose();
    }
}
