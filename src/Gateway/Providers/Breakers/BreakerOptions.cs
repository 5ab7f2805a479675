using System.ComponentModel.DataAnnotations;

namespace Espalier.Gateway.Providers.Breakers;

/// <summary>When a provider's key is left alone for a while, and for how long.</summary>
public sealed class BreakerOptions
{
    /// <summary>Failures in a row that open a breaker; 1 to 1,000, default 10, which is three calls with their retries: fewer would take a blip for an outage.</summary>
    [Range(1, 1000)]
    public int ConsecutiveFailures { get; set; } = 10;

    /// <summary>Share of failed requests of the window that opens a breaker; above 0 to 1, default 0.5.</summary>
    [Range(0.01, 1)]
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Requests that the window must have before their ratio counts; 1 to 100,000, default 20.</summary>
    [Range(1, 100_000)]
    public int MinimumRequests { get; set; } = 20;

    /// <summary>The time over which the ratio is taken; 1 s to 1 h, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a breaker stays open the first time; each failed probe doubles it. 100 ms to 1 h, default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan OpenFor { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest time that a breaker stays open without a probe, and most that a provider's <c>retry-after</c> can close a key for; 1 s to 24 h, default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MostOpenFor { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A 429 that asks to wait this long or longer opens the breaker at once, for as long as it says; 0 to 1 h, default 10 s. Shorter waits are
    /// waited for.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan LongRetryAfter { get; set; } = TimeSpan.FromSeconds(10);
}
