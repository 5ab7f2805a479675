using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;

namespace Espalier.Core.Tests.Runs;

public sealed class RunsInFlightTests
{
    private static readonly RunKey Key = new("run_1");

    private readonly RunsInFlight _inFlight = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_SameKeyAtOnce_IsMadeOnce()
    {
        var (made, gate) = (0, new TaskCompletionSource());
        var all = Enumerable.Range(0, 50).Select(_ => _inFlight.GetAsync(Key, async () =>
        {
            Interlocked.Increment(ref made);
            await gate.Task;
            return (One("first"), true);
        }, Cancel)).ToList();
        gate.SetResult();
        var results = await Task.WhenAll(all);
        made.ShouldBe(1);
        results.Count(result => !result.Shared).ShouldBe(1);
        results.ShouldAllBe(result => Text(result.Run) == "first");

        // Once it has ended, it is the cache's to know.
        (await _inFlight.GetAsync(Key, () => Task.FromResult((One("second"), true)), Cancel)).Shared.ShouldBeFalse();
    }

    [Fact]
    public async Task Get_OtherKeys_AreMadeApart()
    {
        var gate = new TaskCompletionSource();
        var waiting = _inFlight.GetAsync(Key, async () =>
        {
            await gate.Task;
            return (One("slow"), true);
        }, Cancel);
        (await _inFlight.GetAsync(new RunKey("run_2"), () => Task.FromResult((One("quick"), true)), Cancel)).Shared.ShouldBeFalse();
        gate.SetResult();
        Text((await waiting).Run).ShouldBe("slow");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_FirstGivesUp_TheNextMakesIt(bool fails)
    {
        var gate = new TaskCompletionSource();
        var first = _inFlight.GetAsync(Key, async () =>
        {
            await gate.Task;
            return fails ? throw new OperationCanceledException("its evaluation was stopped") : (One("only its own"), false);
        }, Cancel);
        var second = _inFlight.GetAsync(Key, () => Task.FromResult((One("for all"), true)), Cancel);
        second.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        var (run, shared) = await second;
        (Text(run), shared).ShouldBe(("for all", false));
        if (fails) await Should.ThrowAsync<OperationCanceledException>(() => first);
        else Text((await first).Run).ShouldBe("only its own");
    }

    [Fact]
    public async Task Get_WaiterCancelled_TheRunGoesOn()
    {
        var gate = new TaskCompletionSource();
        var first = _inFlight.GetAsync(Key, async () =>
        {
            await gate.Task;
            return (One("done"), true);
        }, Cancel);
        using var stop = new CancellationTokenSource();
        var second = _inFlight.GetAsync(Key, () => throw new InvalidOperationException("made twice"), stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => second);
        gate.SetResult();
        Text((await first).Run).ShouldBe("done");
    }

    private static string Text(Run run) => ((Outcome.Completed)run.Outcome).Output;

    private static Run One(string output) => new()
    {
        Version = new VersionId("v"),
        TraceId = new TraceId("0123456789abcdef0123456789abcdef"),
        Outcome = new Outcome.Completed(output),
        Usage = new RunUsage { Calls = 0, Attempts = 0, InputTokens = 0, OutputTokens = 0, Cost = Usd.Zero },
        Duration = TimeSpan.Zero,
    };
}
