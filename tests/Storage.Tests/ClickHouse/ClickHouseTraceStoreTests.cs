using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Testing.Contracts;

namespace Espalier.Storage.Tests.ClickHouse;

/// <summary>The contract over the embedded engine..</summary>
public sealed class ClickHouseTraceStoreTests : TraceStoreContract
{
    private static readonly string[] Tables = ["spans", "trace_bounds", "feedback", "traces"];

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

/// <summary>What only the real store answers: search, and traffic told apart.</summary>
public sealed class TraceQueriesTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2031, 5, 17, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private TraceStack _stack = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _stack = await TraceStack.StartAsync(_folder);
        await _stack.Store.WriteAsync(
            [
                .. Trace(1, "v1", "Where is order A-1042?", "It SHIPPED on Friday.", 2, 100),
                .. Trace(2, "v1", "Refund please", "Sorry, no.", 1, 300),
                .. Trace(3, "v2", "Où est ma facture ?", "La voilà.", 1, 50, Noon.AddHours(1)),
            ],
            Cancellation);
        await _stack.Store.WriteFeedbackAsync(
            [
                Said(1, "outcome", null, "it shipped on friday."), Said(2, "outcome", null, "a refund"), Said(3, "thumbs", 1, null),
                Said(2, "escalated", 1, null), Said(1, "escalated", 0, null),
            ],
            Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _stack.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("shipped", 1)]
    [InlineData("order a-1042", 1)]
    [InlineData("\"order a-1042\"", 1)]
    [InlineData("\"a-1042 order\"")]
    [InlineData("OÙ facture", 3)]
    [InlineData("lookup", 1, 2, 3)]
    [InlineData("refund shipped")]
    [InlineData("ship")]
    public async Task ListAsync_Text_FindsTracesThatHoldEveryWord(string text, params int[] traces)
    {
        var page = await _stack.Store.ListAsync(new() { Text = text }, Cancellation);
        page.Items.Select(trace => trace.TraceId.Value).ShouldBe(traces.Select(n => $"{n:x32}"), ignoreOrder: true);
    }

    [Fact]
    public async Task ListAsync_TextWithoutAWord_IsRefused() =>
        (await Should.ThrowAsync<Refusal>(() => _stack.Store.ListAsync(new() { Text = " ?! " }, Cancellation))).Code.ShouldBe("text-not-searchable");

    [Fact]
    public async Task ListAsync_ModelToolUserAndDuration_Narrow()
    {
        await Expect(new() { Model = "openai/gpt-5" }, 1, 2, 3);
        await Expect(new() { Model = "gpt" });
        await Expect(new() { Tool = "lookup" }, 1, 2, 3);
        await Expect(new() { User = "user-2" }, 2);
        await Expect(new() { MinDuration = TimeSpan.FromSeconds(2) }, 2, 3);
        await Expect(new() { Service = "shop", Environment = "prod" }, 1, 2, 3);
        await Expect(new() { ResponseId = "resp-3" }, 3);
    }

    [Fact]
    public async Task BreakDownAsync_ByVersion_SumsAndSaysWhatPassed()
    {
        var all = await _stack.Store.BreakDownAsync(new(), [TraceDimension.Version], new("outcome"), 10, Cancellation);
        all.Groups.Select(group => group.Keys[0]).ShouldBe(["v1", "v2"]);
        var v1 = all.Groups[0];
        (v1.Traces, v1.ModelCalls, v1.Cost, v1.InputTokens, v1.OutputTokens).ShouldBe((2, 3, new Usd(500), 300, 30));
        (v1.Judged, v1.PassRate).ShouldBe((2, 0.5));
        v1.DurationP50.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        (all.Groups[1].Judged, all.Groups[1].PassRate).ShouldBe((0, null));
        (all.Weighted, all.Truncated).ShouldBe((false, false));
        var escalations = await _stack.Store.BreakDownAsync(new(), [TraceDimension.User], new("escalated", LowerIsBetter: true), 10, Cancellation);
        escalations.Groups.Single(group => group.Keys[0] == "user-1").PassRate.ShouldBe(1);
        escalations.Groups.Single(group => group.Keys[0] == "user-2").PassRate.ShouldBe(0);
    }

    [Fact]
    public async Task BreakDownAsync_ByModelAndHour_TellsCallsApart()
    {
        var all = await _stack.Store.BreakDownAsync(new(), [TraceDimension.Hour, TraceDimension.Model], new("outcome"), 10, Cancellation);
        all.Groups.Select(group => (group.Keys[0], group.Keys[1], group.ModelCalls)).ShouldBe(
            [("2031-05-17T12:00:00Z", "openai/gpt-5", 3), ("2031-05-17T13:00:00Z", "openai/gpt-5", 1)]);
        all.Groups.Sum(group => group.Cost.Nano).ShouldBe(550);
    }

    [Fact]
    public async Task BreakDownAsync_EachDimension_Answers()
    {
        foreach (var dimension in Enum.GetValues<TraceDimension>())
        {
            var all = await _stack.Store.BreakDownAsync(new() { Since = Noon.AddDays(-1) }, [dimension], new("outcome"), 2, Cancellation);
            all.Groups.Count.ShouldBeInRange(1, 2, dimension.ToString());
            all.Groups[0].Keys.ShouldHaveSingleItem();
        }

        (await _stack.Store.BreakDownAsync(new(), [TraceDimension.Conversation], new("outcome"), 2, Cancellation)).Truncated.ShouldBeTrue();
        await Should.ThrowAsync<Refusal>(() => _stack.Store.BreakDownAsync(new(), [], new("outcome"), 2, Cancellation));
    }

    private async Task Expect(TraceQuery query, params int[] traces)
    {
        var ids = traces.Select(n => $"{n:x32}").ToList();
        (await _stack.Store.ListAsync(query, Cancellation)).Items.Select(trace => trace.TraceId.Value).ShouldBe(ids, ignoreOrder: true);
        (await _stack.Store.TotalsAsync(query, Cancellation)).Traces.ShouldBe(ids.Count);
    }

    private static IEnumerable<Span> Trace(int n, string version, string input, string output, int calls, long cost, DateTimeOffset? start = null)
    {
        var root = new Span
        {
            TraceId = new($"{n:x32}"), SpanId = new("0000000000000001"), Kind = SpanKind.Agent, Name = "agent", Start = start ?? Noon, Duration = TimeSpan.FromSeconds(n),
            Agent = "support", Version = new(version), Purpose = Purpose.Production, Input = input, Output = output, User = $"user-{n}", Conversation = $"c-{n}",
            Service = "shop", Environment = "prod",
        };
        yield return root;
        yield return root with { SpanId = new("0000000000000002"), ParentId = root.SpanId, Kind = SpanKind.Tool, Name = "tool", Details = new() { Tool = "lookup" }, Input = "{}", Output = "1" };
        for (var i = 0; i < calls; i++)
        {
            yield return root with
            {
                SpanId = new($"{10 + i:x16}"), ParentId = root.SpanId, Kind = SpanKind.Model, Name = "chat", Model = "openai/gpt-5", Duration = TimeSpan.FromMilliseconds(100),
                Usage = new() { InputUncached = 100, OutputText = 10 }, Cost = new Usd(cost), Details = new() { ResponseId = $"resp-{n}" },
            };
        }
    }

    private static Feedback Said(int trace, string name, double? value, string? label) =>
        new() { TraceId = new($"{trace:x32}"), Name = name, Source = "system", Value = value, Label = label, At = Noon.AddDays(2) };
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
