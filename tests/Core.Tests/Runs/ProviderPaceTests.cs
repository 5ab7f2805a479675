using Espalier.Contracts.Agents;
using Espalier.Core.Runs;
using Espalier.Testing.Fakes;

namespace Espalier.Core.Tests.Runs;

public sealed class ProviderPaceTests
{
    private const string Provider = "openai";

    private static readonly VersionId One = new("one");

    private readonly ManualTime _time = new();
    private readonly ProviderPace _pace;

    public ProviderPaceTests() => _pace = new ProviderPace(new RunsOptions { Parallelism = 16 }, _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Answered_Refusals_HalveOnceAMomentAndNeverBelowOne()
    {
        for (var i = 0; i < 50; i++) _pace.Answered(Provider, One, limited: true);
        _pace.LimitOf(Provider).ShouldBe(8, "refusals of one moment are one sign");
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(ProviderPace.Calm);
            _pace.Answered(Provider, One, limited: true);
        }

        _pace.LimitOf(Provider).ShouldBe(1);
    }

    [Fact]
    public void Answered_AWindowOfAnswers_AddsAboutOne()
    {
        _pace.Answered(Provider, One, limited: true);
        for (var i = 0; i < 9; i++) _pace.Answered(Provider, One, limited: false);
        _pace.LimitOf(Provider).ShouldBe(9);
        for (var i = 0; i < 1000; i++) _pace.Answered(Provider, One, limited: false);
        _pace.LimitOf(Provider).ShouldBe(16, "never more than is set");
    }

    [Fact]
    public void LimitOf_OtherProvider_StaysAsItWas()
    {
        _pace.Answered(Provider, One, limited: true);
        _pace.Answered("anthropic", One, limited: false);
        _pace.LimitOf("anthropic").ShouldBe(16);
        _pace.LimitOf("never-seen").ShouldBe(16);
    }

    [Fact]
    public async Task Enter_AtTheLimit_WaitsForAPlace()
    {
        for (var i = 0; i < 3; i++)
        {
            _pace.Answered(Provider, One, limited: true);
            _time.Advance(ProviderPace.Calm);
        }

        var (first, second) = (await _pace.EnterAsync(One, Cancel), await _pace.EnterAsync(One, Cancel));
        var third = _pace.EnterAsync(One, Cancel);
        var fourth = _pace.EnterAsync(One, Cancel);
        third.IsCompleted.ShouldBeFalse();

        // A version of another provider is not held up.
        (await _pace.EnterAsync(new VersionId("elsewhere"), Cancel)).Dispose();
        first.Dispose();
        first.Dispose();
        await third;
        fourth.IsCompleted.ShouldBeFalse("giving a place back twice frees one");

        // Answers open the window, and who waits goes on without anybody leaving.
        for (var i = 0; i < 3; i++) _pace.Answered(Provider, One, limited: false);
        await fourth;
        second.Dispose();
    }

    [Fact]
    public async Task Enter_CancelledWaiter_TakesNoPlace()
    {
        for (var i = 0; i < 5; i++)
        {
            _pace.Answered(Provider, One, limited: true);
            _time.Advance(ProviderPace.Calm);
        }

        var only = await _pace.EnterAsync(One, Cancel);
        using var stop = new CancellationTokenSource();
        var waiting = _pace.EnterAsync(One, stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        only.Dispose();
        (await _pace.EnterAsync(One, Cancel)).Dispose();
    }
}
