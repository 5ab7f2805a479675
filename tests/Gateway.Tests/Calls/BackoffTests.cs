using Espalier.Gateway.Calls.Retries;

namespace Espalier.Gateway.Tests.Calls;

public sealed class BackoffTests
{
    [Fact]
    public void Delay_WithoutWord_DoublesBetweenHalfAndWholeUpToALimit()
    {
        foreach (var (tries, whole) in ((int, int)[])[(0, 250), (1, 500), (2, 1000), (5, 8000), (6, 10_000), (60, 10_000)])
        {
            Backoff.Delay(tries, null, 0).ShouldBe(TimeSpan.FromMilliseconds(whole / 2.0));
            Backoff.Delay(tries, null, 0.999).TotalMilliseconds.ShouldBeInRange(whole * 0.99, whole);
        }
    }

    [Fact]
    public void Delay_ProviderAsksToWait_IsNeverShorter()
    {
        foreach (var seconds in (double[])[0, 0.001, 3, 600])
        {
            var asked = TimeSpan.FromSeconds(seconds);
            for (var i = 0; i < 100; i++) Backoff.Delay(i % 4, asked).ShouldBeInRange(asked, asked * 1.1);
        }
    }
}
