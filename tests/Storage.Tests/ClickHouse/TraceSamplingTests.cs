using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces;
using Espalier.Testing.Fakes;

namespace Espalier.Storage.Tests.ClickHouse;

/// <summary>Tail sampling over the real engine: what must be kept is, and what is counted stands for all traffic.</summary>
public sealed class TraceSamplingTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2031, 5, 17, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly SamplingOptions _sampling = new() { KeepShare = 0.1, KeepTools = ["transfer_to_human"], KeepUsers = ["vip"], KeepSlowerThan = TimeSpan.FromSeconds(30) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunOnce_OrdinaryTraffic_KeepsItsShareAndCountsAllOfIt()
    {
        await using var stack = await StartAsync();
        const int Count = 3000;
        await stack.Store.WriteAsync([.. Enumerable.Range(0, Count).SelectMany(i => Trace(i, error: i % 50 == 0))], Cancellation);
        (await stack.Store.TotalsAsync(new(), Cancellation)).Traces.ShouldBe(Count);
        await DecideAsync(stack);
        var totals = await stack.Store.TotalsAsync(new(), Cancellation);
        totals.Weighted.ShouldBeTrue();
        totals.Errors.ShouldBe(Count / 50);
        // Of 2,940 ordinary ones about 294 are kept; five standard deviations of the estimate are 5 * sqrt(2940 * 0.1 * 0.9) / 0.1.
        totals.Traces.ShouldBeInRange(Count - 814, Count + 814);
        totals.Observed.ShouldBeInRange(60 + 294 - 82, 60 + 294 + 82);
        totals.Cost.Nano.ShouldBeInRange(1000 * (totals.Traces - 1), 1000 * (totals.Traces + 1));
        var page = await stack.Store.ListAsync(new() { HasError = false, Limit = 1000 }, Cancellation);
        page.Items.ShouldAllBe(trace => trace.Probability == 0.1);
        var kept = await stack.Store.FindAsync(page.Items[0].TraceId, Cancellation);
        kept!.Spans.Count.ShouldBe(2);
        var gone = Enumerable.Range(0, Count).Select(Id).First(id => page.Items.All(trace => trace.TraceId != id) && Convert.ToInt32(id.Value[20..], 16) % 50 != 0);
        _time.Advance(TimeSpan.FromMinutes(30));
        await DecideAsync(stack);
        (await stack.Store.FindAsync(gone, Cancellation)).ShouldBeNull();
        (await stack.Store.FindAsync(page.Items[0].TraceId, Cancellation))!.Spans.Count.ShouldBe(2);
        (await stack.Store.TotalsAsync(new(), Cancellation)).ShouldBe(totals);
        (await CountAsync(stack, "pending_spans")).ShouldBe(0);
    }

    [Fact]
    public async Task RunOnce_WhatRulesCallFor_IsKeptForSure()
    {
        _sampling.KeepShare = 1e-9;
        await using var stack = await StartAsync();
        Span[] special =
        [
            .. Trace(1, error: true), .. Trace(2).Select(span => span with { User = "vip" }), .. Trace(3), Trace(3)[0] with { SpanId = new("00000000000000ff"), ParentId = new("0000000000000001"), Kind = SpanKind.Tool, Details = new() { Tool = "transfer_to_human" } },
            Trace(4)[0] with { Duration = TimeSpan.FromSeconds(31) }, .. Trace(5), .. Trace(6), .. Trace(7).Select(span => span with { Purpose = Purpose.Evaluation }), .. Trace(8), .. Trace(9),
        ];
        await stack.Store.WriteAsync(special, Cancellation);
        await stack.Store.WriteFeedbackAsync(
            [
                new() { TraceId = Id(5), Name = "thumbs", Source = "user", Value = 0, At = Noon }, new() { Conversation = "c-6", Name = "escalated", Source = "desk", Value = 1, At = Noon },
                new() { TraceId = Id(8), Name = "thumbs", Source = "user", Value = 1, At = Noon },
            ],
            Cancellation);
        await DecideAsync(stack);
        var page = await stack.Store.ListAsync(new(), Cancellation);
        page.Items.Select(trace => trace.TraceId).ShouldBe([Id(1), Id(2), Id(3), Id(4), Id(5), Id(6), Id(7)], ignoreOrder: true);
        page.Items.ShouldAllBe(trace => trace.Probability == null);
    }

    [Fact]
    public async Task RunOnce_TraceThatGoesOn_IsDecidedWhenItIsQuietOrOverdue()
    {
        _sampling.KeepShare = 1e-9;
        await using var stack = await StartAsync();
        await stack.Store.WriteAsync([Trace(1)[1]], Cancellation);
        await DecideAsync(stack);
        (await stack.Store.TotalsAsync(new(), Cancellation)).Traces.ShouldBe(1);
        await stack.Store.WriteAsync([Trace(1, error: true)[0]], Cancellation);
        await DecideAsync(stack);
        (await stack.Store.FindAsync(Id(1), Cancellation))!.Spans.Count.ShouldBe(2);
        await stack.Store.WriteAsync([Trace(2)[1]], Cancellation);
        _time.Advance(TimeSpan.FromMinutes(6));
        await stack.Sampler.RunOnceAsync(Cancellation);
        (await stack.Store.ListAsync(new(), Cancellation)).Items.ShouldHaveSingleItem().TraceId.ShouldBe(Id(1));
    }

    [Fact]
    public async Task RunOnce_LateSpans_FollowTheDecision()
    {
        await using var stack = await StartAsync();
        await stack.Store.WriteAsync([.. Enumerable.Range(0, 300).SelectMany(i => Trace(i, error: i == 0))], Cancellation);
        await DecideAsync(stack);
        var kept = (await stack.Store.ListAsync(new() { Limit = 1000 }, Cancellation)).Items.Select(trace => trace.TraceId).ToHashSet();
        await stack.Store.WriteAsync([.. Enumerable.Range(0, 300).Select(i => Trace(i)[1] with { SpanId = new("00000000000000aa") })], Cancellation);
        await DecideAsync(stack);
        var page = await stack.Store.ListAsync(new() { Limit = 1000 }, Cancellation);
        page.Items.Select(trace => trace.TraceId).ToHashSet().SetEquals(kept).ShouldBeTrue();
        page.Items.ShouldAllBe(trace => trace.Spans == 3);
        _time.Advance(TimeSpan.FromMinutes(30));
        await DecideAsync(stack);
        foreach (var id in kept.Take(5)) (await stack.Store.FindAsync(id, Cancellation))!.Spans.Count.ShouldBe(3);
    }

    [Fact]
    public async Task RunOnce_TurnsOfAConversation_AreKeptOrNotTogether()
    {
        _sampling.KeepShare = 0.5;
        await using var stack = await StartAsync();
        await stack.Store.WriteAsync([.. Enumerable.Range(0, 200).SelectMany(i => Trace(i).Select(span => span with { Conversation = $"c-{i / 4}" }))], Cancellation);
        await DecideAsync(stack);
        var turns = (await stack.Store.ListAsync(new() { Limit = 1000 }, Cancellation)).Items.CountBy(trace => trace.Conversation!).ToList();
        turns.Count.ShouldBeInRange(8, 42);
        turns.ShouldAllBe(pair => pair.Value == 4);
    }

    [Fact]
    public async Task RunOnce_SamplingTurnedOff_KeepsWhatWaited()
    {
        await using (var on = await StartAsync()) await on.Store.WriteAsync([.. Enumerable.Range(0, 20).SelectMany(i => Trace(i))], Cancellation);
        _sampling.KeepShare = 1;
        await using var off = await StartAsync();
        await DecideAsync(off);
        (await off.Store.TotalsAsync(new(), Cancellation)).Traces.ShouldBe(20);
        (await CountAsync(off, "spans")).ShouldBe(40);
    }

    public void Dispose() => _folder.Dispose();

    private Task<TraceStack> StartAsync() => TraceStack.StartAsync(_folder, _time, sampling: _sampling);

    private async Task DecideAsync(TraceStack stack)
    {
        _time.Advance(TimeSpan.FromSeconds(11));
        await stack.Sampler.RunOnceAsync(Cancellation);
    }

    private static async Task<long> CountAsync(TraceStack stack, string table) => (await stack.Client.QueryAsync(
        $"SELECT count() AS rows FROM {table}", Espalier.Storage.ClickHouse.ClickHouseParameters.None, Espalier.Storage.ClickHouse.Traces.TraceJson.Default.RowCount, Cancellation))[0].Rows;

    private static TraceId Id(int n) => new($"{n:x32}");

    private static Span[] Trace(int n, bool error = false)
    {
        var root = new Span
        {
            TraceId = Id(n), SpanId = new("0000000000000001"), Kind = SpanKind.Agent, Name = "agent", Start = Noon.AddMilliseconds(n), Duration = TimeSpan.FromSeconds(1),
            Agent = "support", Purpose = Purpose.Production, Input = "q", Output = "a", Conversation = $"c-{n}", Error = error ? "boom" : null,
        };
        return [root, root with { SpanId = new("0000000000000002"), ParentId = root.SpanId, Kind = SpanKind.Model, Name = "chat", Input = null, Output = null, Error = null, Cost = new Usd(1000), Usage = new() { InputUncached = 1 } }];
    }
}
