using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;

namespace Espalier.Storage.Tests.ClickHouse;

/// <summary>What was acknowledged is there, once, whatever dies in between.</summary>
public sealed class TraceCrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WriteAsync_EngineKilledMeanwhile_EveryAcknowledgedSpanIsThereOnce()
    {
        await using var stack = await TraceStack.StartAsync(_folder);
        await stack.Store.TotalsAsync(new(), Cancellation);
        var killed = new HashSet<int>();
        var written = 0;
        while (killed.Count < 3)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(w => stack.Store.WriteAsync(Spans(written + w * 100, 100), Cancellation)));
            written += 400;
            // Some rounds in, so that files are being loaded when the engine goes; each life of it is ended once.
            if (written % 2000 == 0 && stack.KillEngine() is { } id) killed.Add(id);
        }

        var totals = await stack.Store.TotalsAsync(new(), Cancellation);
        (totals.Traces, totals.Attempts, totals.Cost).ShouldBe((written, written, new Usd(written)));
        stack.Supervisor.Status.Restarts.ShouldBeGreaterThanOrEqualTo(3);
        stack.Journal.WaitingBytes.ShouldBe(0);
    }

    [Fact]
    public async Task ListAsync_EngineKilledJustBefore_AnswersAfterItsRestart()
    {
        await using var stack = await TraceStack.StartAsync(_folder);
        await stack.Store.WriteAsync(Spans(0, 3), Cancellation);
        await stack.Store.ListAsync(new(), Cancellation);
        stack.KillEngine().ShouldNotBeNull();
        (await stack.Store.ListAsync(new(), Cancellation)).Items.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Start_JournalOfAProcessThatDied_IsLoadedFirst()
    {
        await using (var died = await TraceStack.StartAsync(_folder, withEngine: false))
        {
            await died.Store.WriteAsync(Spans(0, 10), Cancellation);
            await died.Store.WriteAsync(Spans(5, 10), Cancellation);
        }

        // The torn record of a write that was cut off: it was never acknowledged.
        var journal = Directory.GetFiles(_folder["journal"], "*.journal").ShouldHaveSingleItem();
        await File.AppendAllTextAsync(journal, "ESJ1 and no more", Cancellation);
        await using var stack = await TraceStack.StartAsync(_folder);
        (await stack.Store.TotalsAsync(new(), Cancellation)).Traces.ShouldBe(15);
        File.Exists(journal).ShouldBeFalse();
    }

    [Fact]
    public async Task Start_StoreOfAnEarlierServer_IsReadAgain()
    {
        await using (var first = await TraceStack.StartAsync(_folder)) await first.Store.WriteAsync(Spans(0, 5), Cancellation);
        await using var second = await TraceStack.StartAsync(_folder);
        await second.Store.WriteAsync(Spans(5, 5), Cancellation);
        (await second.Store.TotalsAsync(new(), Cancellation)).Traces.ShouldBe(10);
    }

    [Fact]
    public async Task Supervisor_LibraryMissing_TakesWritesAndTellsReadersHowToGetIt()
    {
        await using var stack = await TraceStack.StartAsync(_folder, change: o => o with { Library = _folder["nowhere/libchdb.so"] });
        await stack.Store.WriteAsync(Spans(0, 1), Cancellation);
        var fault = await Should.ThrowAsync<StorageFault>(() => stack.Store.ListAsync(new(), Cancellation));
        fault.Code.ShouldBe(StorageFault.Unavailable);
        fault.Message.ShouldContain("npm install");
        stack.Supervisor.Status.Problem.ShouldNotBeNull().ShouldContain("nowhere/libchdb.so");
    }

    [Fact]
    public async Task Supervisor_StoreOfAnotherServer_SaysThatItIsInUse()
    {
        await using var owner = await TraceStack.StartAsync(_folder);
        await owner.Store.TotalsAsync(new(), Cancellation);
        using var elsewhere = new TemporaryFolder();
        await using var second = await TraceStack.StartAsync(elsewhere, change: o => o with { Path = _folder["chdb"] });
        var fault = await Should.ThrowAsync<StorageFault>(() => second.Store.TotalsAsync(new(), Cancellation));
        fault.Message.ShouldContain("in use");
        // The owner has not noticed.
        await owner.Store.WriteAsync(Spans(0, 1), Cancellation);
        (await owner.Store.TotalsAsync(new(), Cancellation)).Traces.ShouldBe(1);
    }

    public void Dispose() => _folder.Dispose();

    private static List<Span> Spans(int first, int count) => [.. Enumerable.Range(first, count).Select(i => new Span
    {
        TraceId = new($"{i:x32}"),
        SpanId = new("0000000000000001"),
        Kind = SpanKind.Attempt,
        Name = "attempt",
        Start = new DateTimeOffset(2031, 5, 17, 12, 0, 0, TimeSpan.Zero).AddSeconds(i),
        Duration = TimeSpan.FromSeconds(1),
        Agent = "support",
        Purpose = Purpose.Production,
        Cost = new Usd(1),
        Input = new string('x', 500),
    })];
}
