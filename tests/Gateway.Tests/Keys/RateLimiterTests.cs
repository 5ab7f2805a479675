using Espalier.Contracts.Runs;
using Espalier.Gateway.Keys;
using Espalier.Testing.Fakes;

namespace Espalier.Gateway.Tests.Keys;

public sealed class RateLimiterTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void TryEnter_Requests_AMinutesWorthAtOnceAndThenTheRate()
    {
        var limiter = new RateLimiter(new KeyLimits { RequestsPerMinute = 6 }, _time);
        for (var i = 0; i < 6; i++) limiter.TryEnter().ShouldBeNull();
        limiter.TryEnter()!.RetryAfter.ShouldBe(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(10));
        limiter.TryEnter().ShouldBeNull();
        limiter.TryEnter().ShouldNotBeNull();
        _time.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 6; i++) limiter.TryEnter().ShouldBeNull();
        limiter.TryEnter().ShouldNotBeNull();
    }

    [Fact]
    public void TryEnter_Concurrent_CountsWhatHasNotLeft()
    {
        var limiter = new RateLimiter(new KeyLimits { Concurrent = 2 }, _time);
        limiter.TryEnter().ShouldBeNull();
        limiter.TryEnter().ShouldBeNull();
        limiter.TryEnter().ShouldNotBeNull();
        limiter.Leave();
        limiter.TryEnter().ShouldBeNull();
    }

    [Fact]
    public void TryTakeTokens_WhatWasNotUsed_IsGivenBackAndMoreThanTakenIsOwed()
    {
        var limiter = new RateLimiter(new KeyLimits { TokensPerMinute = 1000 }, _time);
        limiter.TryTakeTokens(900).ShouldBeNull();
        limiter.TryTakeTokens(200)!.RetryAfter.ShouldBe(TimeSpan.FromSeconds(6));
        limiter.SettleTokens(900, 100);
        limiter.TryTakeTokens(900).ShouldBeNull();
        limiter.SettleTokens(900, 1500);
        limiter.TryTakeTokens(1)!.RetryAfter.TotalSeconds.ShouldBe(36.06, tolerance: 0.01);
    }

    [Fact]
    public void TryTakeTokens_MoreThanAMinuteHolds_PassesWhenTheBucketIsFull()
    {
        var limiter = new RateLimiter(new KeyLimits { TokensPerMinute = 1000 }, _time);
        limiter.TryTakeTokens(3000).ShouldBeNull();
        limiter.TryTakeTokens(1).ShouldNotBeNull();
        _time.Advance(TimeSpan.FromMinutes(2.01));
        limiter.TryTakeTokens(1).ShouldBeNull();
    }
}
