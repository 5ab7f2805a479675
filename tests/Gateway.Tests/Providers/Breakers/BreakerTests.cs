using Espalier.Contracts.Shared;
using Espalier.Core.Shared;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Providers.Breakers;
using Espalier.Testing.Fakes;

namespace Espalier.Gateway.Tests.Providers.Breakers;

public sealed class BreakerTests
{
    private readonly ManualTime _time = new();

    private readonly BreakerOptions _options = new() { ConsecutiveFailures = 3, OpenFor = TimeSpan.FromSeconds(10), MostOpenFor = TimeSpan.FromSeconds(35) };

    [Fact]
    public void Failed_AsOftenInARowAsAllowed_OpensAndOneProbeCloses()
    {
        var breaker = Opened();
        breaker.State.ShouldBe(BreakerState.Open);
        breaker.TryEnter().ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(10));
        breaker.State.ShouldBe(BreakerState.HalfOpen);
        var probe = breaker.TryEnter().ShouldNotBeNull();
        breaker.TryEnter().ShouldBeNull("one probe at a time");
        breaker.Succeeded(probe);
        (breaker.State, breaker.FailuresInARow, breaker.OpenUntil).ShouldBe((BreakerState.Closed, 0, null));
    }

    [Fact]
    public void Failed_Probes_StayOpenTwiceAsLongEachTimeUpToTheLimit()
    {
        var breaker = Opened();
        foreach (var seconds in (int[])[20, 35, 35])
        {
            _time.Advance(breaker.OpenUntil!.Value - _time.GetUtcNow());
            Fail(breaker);
            (breaker.OpenUntil!.Value - _time.GetUtcNow()).ShouldBe(TimeSpan.FromSeconds(seconds));
        }

        _time.Advance(TimeSpan.FromSeconds(35));
        breaker.Succeeded(breaker.TryEnter()!.Value);
        Opened(breaker);
        (breaker.OpenUntil!.Value - _time.GetUtcNow()).ShouldBe(TimeSpan.FromSeconds(10), "what closed begins anew");
    }

    [Fact]
    public void Failed_WithALongWait_OpensAtOnceForThatLongUpToTheLimit()
    {
        foreach (var (asked, seconds) in ((int, int)[])[(20, 20), (5, 10), (3600, 35)])
        {
            var breaker = new Breaker(_options, _time);
            breaker.Failed(breaker.TryEnter()!.Value, FailureClass.RateLimit, "slow down", atOnce: true, TimeSpan.FromSeconds(asked));
            (breaker.OpenUntil!.Value - _time.GetUtcNow()).ShouldBe(TimeSpan.FromSeconds(seconds));
            (breaker.LastFailure, breaker.Why).ShouldBe((FailureClass.RateLimit, "slow down"));
        }
    }

    [Fact]
    public void Failed_HalfOfAWindow_OpensAndOldFailuresDoNotCount()
    {
        _options.ConsecutiveFailures = 1000;
        _options.MinimumRequests = 10;
        var breaker = new Breaker(_options, _time);
        for (var i = 0; i < 9; i++) Alternate(breaker, i);
        _time.Advance(_options.Window + TimeSpan.FromSeconds(3));
        for (var i = 0; i < 9; i++) Alternate(breaker, i);
        breaker.State.ShouldBe(BreakerState.Closed, "nine requests are fewer than ten, and those before are forgotten");
        Fail(breaker);
        breaker.State.ShouldBe(BreakerState.Open);
    }

    [Fact]
    public void Report_FromBeforeTheBreakerOpened_ChangesNothing()
    {
        var breaker = new Breaker(_options, _time);
        var early = breaker.TryEnter()!.Value;
        Opened(breaker);
        breaker.Succeeded(early);
        breaker.State.ShouldBe(BreakerState.Open);
        _time.Advance(TimeSpan.FromSeconds(10));
        var probe = breaker.TryEnter()!.Value;
        breaker.Failed(early, FailureClass.ServerError, "late", atOnce: true, null);
        breaker.Passed(early);
        breaker.TryEnter().ShouldBeNull("the probe is still out");
        breaker.Succeeded(probe);
        breaker.State.ShouldBe(BreakerState.Closed);
    }

    [Fact]
    public void Passed_Probe_LetsAnotherOneThrough()
    {
        var breaker = Opened();
        _time.Advance(TimeSpan.FromSeconds(10));
        breaker.Passed(breaker.TryEnter()!.Value);
        breaker.TryEnter().ShouldNotBeNull();
    }

    [Fact]
    public void TryEnter_AnyOrderOfEnds_NeverTwoProbesAndNeverOneTooEarly()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var dice = new Rng((ulong)seed);
            var breaker = new Breaker(_options, _time);
            var out_ = new List<(int Admission, bool Probe)>();
            for (var step = 0; step < 200; step++)
            {
                var until = breaker.OpenUntil;
                switch (dice.Next(5))
                {
                    case 0 or 1:
                        var admission = breaker.TryEnter();
                        if (until is not null && _time.GetUtcNow() < until) admission.ShouldBeNull($"seed {seed}");
                        if (until is not null && out_.Any(one => one.Probe)) admission.ShouldBeNull($"seed {seed}");
                        if (until is null) admission.ShouldNotBeNull($"seed {seed}");
                        if (admission is { } number) out_.Add((number, until is not null));
                        break;
                    case 2:
                        _time.Advance(TimeSpan.FromSeconds(dice.Next(12)));
                        break;
                    default:
                        if (out_.Count == 0) break;
                        var at = dice.Next(out_.Count);
                        var ended = out_[at].Admission;
                        out_.RemoveAt(at);
                        if (dice.Next(3) == 0) breaker.Succeeded(ended);
                        else if (dice.Next(3) == 0) breaker.Passed(ended);
                        else breaker.Failed(ended, FailureClass.ServerError, "x", dice.Next(10) == 0, null);
                        break;
                }
            }
        }
    }

    private Breaker Opened(Breaker? breaker = null)
    {
        breaker ??= new Breaker(_options, _time);
        for (var i = 0; i < _options.ConsecutiveFailures; i++) Fail(breaker);
        return breaker;
    }

    private static void Alternate(Breaker breaker, int i)
    {
        if (i % 2 == 0) breaker.Succeeded(breaker.TryEnter()!.Value);
        else Fail(breaker);
    }

    private static void Fail(Breaker breaker) => breaker.Failed(breaker.TryEnter()!.Value, FailureClass.ServerError, "broke", atOnce: false, null);
}
