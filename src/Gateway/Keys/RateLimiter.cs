using Espalier.Contracts.Runs;

namespace Espalier.Gateway.Keys;

/// <summary>How fast one key may be used. Thread-safe.</summary>
/// <remarks>Token buckets that hold a minute's worth and fill evenly, so a burst of a whole minute may come at once and then no more than
/// the rate. A call takes the most that it may use and gives back the difference at its end; when it used more, the bucket goes below zero.</remarks>
internal sealed class RateLimiter(KeyLimits limits, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Bucket? _requests = limits.RequestsPerMinute is { } requests ? new Bucket(requests, time.GetUtcNow()) : null;
    private readonly Bucket? _tokens = limits.TokensPerMinute is { } tokens ? new Bucket(tokens, time.GetUtcNow()) : null;
    private int _inFlight;

    /// <summary>Null when a call may begin; else why not, and how long to wait.</summary>
    public LimitReached? TryEnter()
    {
        lock (_lock)
        {
            if (_inFlight >= limits.Concurrent) return new LimitReached($"This key may have {limits.Concurrent} calls at the same time, and has them.", TimeSpan.FromSeconds(1));
            if (_requests?.TryTake(1, time) is { } wait) return new LimitReached($"This key may make {limits.RequestsPerMinute} requests a minute.", wait);
            _inFlight++;
            return null;
        }
    }

    public void Leave()
    {
        lock (_lock) _inFlight--;
    }

    /// <summary>Takes the most that an attempt may use; null when that is there.</summary>
    public LimitReached? TryTakeTokens(long most)
    {
        lock (_lock)
            return _tokens?.TryTake(most, time) is { } wait ? new LimitReached($"This key may use {limits.TokensPerMinute} tokens a minute, and this call may use {most}.", wait) : null;
    }

    /// <summary>Puts what was used in the place of what was taken.</summary>
    public void SettleTokens(long most, long used)
    {
        lock (_lock) _tokens?.Give(most - used, time);
    }

    private sealed class Bucket
    {
        private readonly double _capacity;
        private double _level;
        private DateTimeOffset _filled;

        public Bucket(double capacity, DateTimeOffset start) => (_capacity, _level, _filled) = (capacity, capacity, start);

        /// <summary>Null when it was taken; else how long until it can be. What is larger than the bucket is taken from a full one.</summary>
        public TimeSpan? TryTake(double amount, TimeProvider time)
        {
            Fill(time);
            var needed = Math.Min(amount, _capacity);
            if (_level < needed) return TimeSpan.FromMinutes((needed - _level) / _capacity);
            _level -= amount;
            return null;
        }

        public void Give(double amount, TimeProvider time)
        {
            Fill(time);
            _level = Math.Min(_capacity, _level + amount);
        }

        private void Fill(TimeProvider time)
        {
            var now = time.GetUtcNow();
            // A clock that is set back gives nothing and takes nothing.
            _level = Math.Min(_capacity, _level + Math.Max(0, (now - _filled).TotalMinutes) * _capacity);
            _filled = now;
        }
    }
}

/// <summary>A limit of speed that a call would break.</summary>
internal sealed record LimitReached(string Message, TimeSpan RetryAfter);
