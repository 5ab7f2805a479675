using Espalier.Core.Traces;
using Espalier.Testing.Contracts;

namespace Espalier.Storage.Tests.ClickHouse;

/// <summary>The contract over the embedded engine..</summary>
public sealed class ClickHouseTraceStoreTests : TraceStoreContract
{
    private static readonly string[] Tables = ["spans", "trace_bounds", "feedback"];

    private readonly TemporaryFolder _folder = new();
    private TraceStack? _stack;

    protected override async ValueTask<ITraceStore> CreateAsync(TimeProvider time)
    {
        _stack = await TraceStack.StartAsync(_folder, time);
        return _stack.Store;
    }

    protected override async ValueTask DisposeStoreAsync()
    {
        if (_stack is not null) await _stack.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task WriteAsync_SameRowsMerged_StillCountOnce()
    {
        for (var i = 0; i < 3; i++)
        {
            await Store.WriteAsync([Root(1), Attempt(1, 2)], Cancellation);
            (await Store.TotalsAsync(new(), Cancellation)).Attempts.ShouldBe(1);
        }

        foreach (var table in Tables) await _stack!.Client.ExecuteAsync($"OPTIMIZE TABLE {table} FINAL", Cancellation);
        (await Store.TotalsAsync(new(), Cancellation)).Attempts.ShouldBe(1);
        (await Store.FindAsync(Id(1), Cancellation))!.Spans.Count.ShouldBe(2);
    }

    [Fact]
    public async Task WriteAsync_MoreDaysThanAnInsertMayTouchByDefault_AllAreStored()
    {
        await Store.WriteAsync([.. Enumerable.Range(0, 150).Select(i => Root(i) with { Start = Noon.AddDays(-i) })], Cancellation);
        (await Store.TotalsAsync(new(), Cancellation)).Traces.ShouldBe(150);
        (await Store.ListAsync(new() { Limit = 3 }, Cancellation)).Items.Select(t => t.TraceId).ShouldBe([Id(0), Id(1), Id(2)]);
    }
}

/// <summary>The same contract where pages and sums are put together from windows of time, as they are over many rows.</summary>
public sealed class LargeClickHouseTraceStoreTests : TraceStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private TraceStack? _stack;

    protected override async ValueTask<ITraceStore> CreateAsync(TimeProvider time)
    {
        _stack = await TraceStack.StartAsync(_folder, time);
        return _stack.LargeStore;
    }

    protected override async ValueTask DisposeStoreAsync()
    {
        if (_stack is not null) await _stack.DisposeAsync();
        _folder.Dispose();
    }
}
