using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Storage.ClickHouse;
using Espalier.Storage.ClickHouse.Traces;

namespace Espalier.Storage.Tests.ClickHouse;

/// <summary>The row of a trace says the same whether its spans came from the batch, from memory or back from the tables.</summary>
public sealed class TraceFoldingTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new DateTimeOffset(2031, 5, 17, 12, 0, 0, TimeSpan.Zero).AddTicks(1_234_567);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FoldAsync_SpansReadBackFromTheTables_GivesTheRowOfTheBatch(bool withRoot)
    {
        await using var stack = await TraceStack.StartAsync(_folder);
        var spans = Everything().Where(span => withRoot || span.ParentId is not null).ToList();
        await stack.Store.WriteAsync(spans, Cancellation);
        var fresh = await RowAsync(stack);
        stack.Open.Clear();
        await stack.Client.ExecuteAsync("TRUNCATE TABLE traces", Cancellation);
        await stack.Store.WriteAsync([spans[^1]], Cancellation);
        (await RowAsync(stack)).ShouldBe(fresh);
        fresh.ShouldStartWith($"{spans.Count(span => span.Kind != SpanKind.Event)} spans:");
    }

    [Fact]
    public async Task FoldAsync_SpansInManyBatches_GivesTheRowOfOne()
    {
        await using var stack = await TraceStack.StartAsync(_folder);
        var spans = Everything();
        foreach (var span in spans.Reverse())
        {
            await stack.Store.WriteAsync([span], Cancellation);
            await RowAsync(stack);
        }

        var many = await RowAsync(stack);
        await stack.Client.ExecuteAsync("TRUNCATE TABLE traces", Cancellation);
        await stack.Client.ExecuteAsync("TRUNCATE TABLE trace_bounds", Cancellation);
        await stack.Store.WriteAsync(spans, Cancellation);
        (await RowAsync(stack)).ShouldBe(many);
    }

    [Fact]
    public async Task FoldAsync_LateSpanAfterItsTraceWasDeleted_BringsNothingBack()
    {
        await using var stack = await TraceStack.StartAsync(_folder);
        var spans = Everything().Where(span => span.ParentId is not null).ToList();
        await stack.Store.WriteAsync(spans, Cancellation);
        await RowAsync(stack);
        await stack.Store.DeleteAsync(new() { TraceId = spans[0].TraceId }, Cancellation);
        await stack.Store.WriteAsync([spans[^1]], Cancellation);
        (await RowAsync(stack)).ShouldStartWith("1 spans:");
    }

    // Everything that a row of a trace is made of, but for when it was written.
    private static async Task<string> RowAsync(TraceStack stack)
    {
        await stack.Store.TotalsAsync(new(), Cancellation);
        var rows = await stack.Client.QueryAsync(
            "SELECT concat(toString(spans), ' spans: ', toJSONString(tuple(* EXCEPT (written)))) AS id FROM traces FINAL", ClickHouseParameters.None, TraceJson.Default.FoundId, Cancellation);
        return rows.ShouldHaveSingleItem().Id;
    }

    private static IReadOnlyList<Span> Everything()
    {
        var long1 = string.Concat(Enumerable.Repeat("a𝄞é ", 1500));
        return
        [
            Of(1, null, SpanKind.Agent) with { Input = long1, Output = "done", Conversation = "c", User = "u", Details = new() { AgentName = "desk", AgentVersion = "3", Prompt = new() { Name = "p", Version = "7" } } },
            Of(2, 1, SpanKind.Chain) with { Input = "chain in", Output = "chain out", Session = "s" },
            Of(3, 2, SpanKind.Model) with
            {
                Input = "[{\"role\":\"user\"}]", Output = long1, Model = "gpt-x", ModelRequested = "fast", Provider = "openai", Cost = new Usd(1234), Usage = new() { InputUncached = 5, CacheRead = 0, OutputText = 7, BilledCalls = new Dictionary<string, long> { ["web_search"] = 2 } },
                Details = new() { ResponseId = "r-1", Operation = "chat", RequestedTools = [new() { Id = "t1", Name = "look", Arguments = "{}" }], Thinking = "hm" },
                Attributes = new Dictionary<string, string> { ["k"] = long1, [""] = "" },
            },
            Of(4, 2, SpanKind.Tool) with { Input = long1, Output = long1, Error = "broke", Details = new() { Tool = "look", ToolCallId = "t1" } },
            Of(5, 2, SpanKind.Tool) with { Name = "bare", Input = "", Output = null },
            Of(6, 1, SpanKind.Retrieval) with { Input = "what?", Output = "unseen", Details = new() { Documents = [new() { Id = "d1", Content = "text" }] } },
            Of(7, 1, SpanKind.Attempt) with { Role = AttemptRole.Primary, Case = new("case-1"), Confidence = 0.5, CostReason = "unknown", Usage = new() },
            Of(8, 3, SpanKind.Event) with { Output = "an event's answer" },
            Of(9, 1, SpanKind.Embedding) with { Model = "embed", Service = "svc", Environment = "prod", Version = new("v9") },
        ];
    }

    private static Span Of(int id, int? parent, SpanKind kind) => new()
    {
        TraceId = new("0000000000000000000000000000abcd"),
        SpanId = new($"{id:x16}"),
        ParentId = parent is { } its ? new SpanId($"{its:x16}") : null,
        Kind = kind,
        Name = "op " + id,
        Start = Noon.AddMilliseconds(id),
        Duration = TimeSpan.FromTicks(98_765),
        Agent = "support",
        Purpose = Purpose.Production,
    };
}
