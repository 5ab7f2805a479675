using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

public abstract class RunCacheContract : StoreContract<IRunCache>
{
    public static IEnumerable<TheoryDataRow<Outcome>> Outcomes =>
    [
        new(new Outcome.Completed(Hostile)),
        new(new Outcome.TimedOut(TimeSpan.FromMilliseconds(1500))),
        new(new Outcome.OverBudget(new Usd(500_000_001), "run", null)),
        new(new Outcome.Failed(Boundary.Provider, "503", "Traceback")),
    ];

    [Fact]
    public async Task FindAsync_UnknownKey_ReturnsNull() => (await Store.FindAsync(new RunKey("none"), Cancellation)).ShouldBeNull();

    [Theory]
    [MemberData(nameof(Outcomes))]
    public async Task FindAsync_SavedRun_ComesBackWholeAndMarkedCached(Outcome outcome)
    {
        var run = Run("k1", outcome);
        await Store.SaveAsync(run, Cancellation);
        (await Store.FindAsync(new RunKey("k1"), Cancellation)).ShouldBe(run with { Cached = true });
    }

    [Fact]
    public async Task SaveAsync_SecondResultForAKey_IsDropped()
    {
        await Store.SaveAsync(Run("k1", new Outcome.Completed("first")), Cancellation);
        await Store.SaveAsync(Run("k1", new Outcome.Completed("second")), Cancellation);
        (await Store.FindAsync(new RunKey("k1"), Cancellation))!.Outcome.ShouldBe(new Outcome.Completed("first"));
    }

    [Fact]
    public async Task SaveAsync_EqualKeysAtOnce_KeepsOneOfThem()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Store.SaveAsync(Run("k1", new Outcome.Completed($"{i}")), Cancellation)));
        (await Store.FindAsync(new RunKey("k1"), Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public Task SaveAsync_RunWithoutKey_Throws() =>
        Should.ThrowAsync<ArgumentException>(() => Store.SaveAsync(Run("k1", new Outcome.Completed("")) with { Key = null }, Cancellation));

    private static Run Run(string key, Outcome outcome) => new()
    {
        Key = new RunKey(key),
        Version = new VersionId(new string('a', 40)),
        Case = new CaseId("case_1"),
        TraceId = new TraceId(new string('1', 32)),
        Outcome = outcome,
        Usage = new RunUsage { Calls = 2, Attempts = 3, InputTokens = 400, OutputTokens = 5, Cost = new Usd(123_456_789) },
        Duration = TimeSpan.FromTicks(12_345_678),
    };
}
