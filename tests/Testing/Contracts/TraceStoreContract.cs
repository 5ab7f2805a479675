using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

public abstract class TraceStoreContract : StoreContract<ITraceStore>
{
    // Whole microseconds: that is what every store has to keep.
    protected static readonly DateTimeOffset Noon = new DateTimeOffset(2031, 5, 17, 12, 0, 0, TimeSpan.Zero).AddMicroseconds(123_456);

    [Fact]
    public async Task FindAsync_UnknownTrace_ReturnsNull() => (await Store.FindAsync(Id(1), Cancellation)).ShouldBeNull();

    [Fact]
    public async Task ListAsync_EmptyStore_IsOneEmptyPage()
    {
        var page = await Store.ListAsync(new(), Cancellation);
        page.Items.ShouldBeEmpty();
        page.NextCursor.ShouldBeNull();
        (await Store.TotalsAsync(new(), Cancellation)).ShouldBe(new() { Traces = 0, Observed = 0, Attempts = 0, Errors = 0, Cost = Usd.Zero, UnpricedCalls = 0 });
    }

    [Fact]
    public async Task WriteAsync_EveryField_ComesBack()
    {
        var span = Root(1) with
        {
            ParentId = new("00000000000000aa"),
            Kind = SpanKind.Attempt,
            Name = Hostile,
            Duration = TimeSpan.FromMicroseconds(1_234_567),
            Error = Hostile,
            Agent = Hostile,
            Version = new(Hostile),
            Purpose = Purpose.Evaluation,
            Conversation = Hostile,
            User = Hostile,
            Session = Hostile,
            Case = new CaseId(Hostile),
            Role = AttemptRole.Cascade,
            Provider = Hostile,
            ModelRequested = Hostile,
            Model = Hostile,
            Usage = new() { InputUncached = 1, CacheRead = 0, CacheWrite = null, CacheWriteHour = 3, InputAudio = 4, OutputText = long.MaxValue - 10, OutputReasoning = 5, OutputAudio = 0 },
            Cost = new Usd(long.MaxValue),
            CostReason = Hostile,
            PriceTable = Hostile,
            Confidence = 0.1 + 0.2,
            Input = Hostile,
            Output = "",
            Service = Hostile,
            Environment = Hostile,
            Details = new()
            {
                Operation = Hostile, AgentName = Hostile, AgentVersion = Hostile, ResponseId = Hostile, Tool = Hostile, ToolCallId = Hostile, Thinking = Hostile,
                ToolDefinitions = Hostile, Streaming = false, TimeToFirstToken = TimeSpan.FromMicroseconds(12_345), UsageEstimated = true, HttpStatus = 503,
                GuardrailTriggered = false, Prompt = new() { Name = Hostile, Version = Hostile }, Handoff = new() { From = Hostile, To = Hostile },
            },
            Attributes = new Dictionary<string, string> { [Hostile] = Hostile, [""] = "", ["z"] = "1", ["a"] = "2" },
        };
        await Store.WriteAsync([span], Cancellation);
        Same((await Store.FindAsync(Id(1), Cancellation))!.Spans.ShouldHaveSingleItem(), span);
    }

    [Fact]
    public async Task WriteAsync_ListsOfASpan_ComeBack()
    {
        var span = Child(1, 2, SpanKind.Model) with
        {
            Usage = new() { BilledCalls = new Dictionary<string, long> { ["web_search"] = 3 } },
            Details = new()
            {
                FinishReasons = ["stop", Hostile], Tags = [], Dialects = ["gen_ai"], Oddities = [Hostile],
                RequestedTools = [new() { Id = Hostile, Name = Hostile, Arguments = """{"a":"\u0000"}""" }], Documents = [new() { Id = Hostile, Score = 0.1, Content = Hostile }, new()],
            },
        };
        await Store.WriteAsync([span], Cancellation);
        var back = (await Store.FindAsync(Id(1), Cancellation))!.Spans.ShouldHaveSingleItem();
        back.Usage!.BilledCalls.ShouldBe(span.Usage.BilledCalls);
        var details = back.Details.ShouldNotBeNull();
        details.FinishReasons.ShouldBe(span.Details.FinishReasons);
        details.Tags.ShouldBe([]);
        details.Oddities.ShouldBe([Hostile]);
        details.RequestedTools.ShouldBe(span.Details.RequestedTools);
        details.Documents.ShouldBe(span.Details.Documents);
    }

    [Fact]
    public async Task WriteAsync_EveryKind_ComesBack()
    {
        var kinds = Enum.GetValues<SpanKind>();
        await Store.WriteAsync([.. kinds.Select((kind, i) => Child(1, i + 1, kind) with { ParentId = null })], Cancellation);
        (await Store.FindAsync(Id(1), Cancellation))!.Spans.Select(span => span.Kind).ShouldBe(kinds);
    }

    [Fact]
    public async Task WriteAsync_OnlyWhatIsRequired_LeavesTheRestNull()
    {
        var span = Root(1) with { Input = null, Output = null, Version = null };
        await Store.WriteAsync([span, Attempt(1, 2) with { Usage = null, Cost = null }, Attempt(1, 3) with { Usage = new() }], Cancellation);
        var spans = (await Store.FindAsync(Id(1), Cancellation))!.Spans;
        Same(spans[0], span);
        spans[1].Usage.ShouldBeNull();
        spans[1].Cost.ShouldBeNull();
        spans[2].Usage.ShouldBe(new TokenUsage());
    }

    [Fact]
    public async Task WriteAsync_SameSpansAgain_CountOnce()
    {
        Span[] spans = [Root(1), Attempt(1, 2), Attempt(1, 3)];
        await Store.WriteAsync(spans, Cancellation);
        await Store.WriteAsync(spans, Cancellation);
        await Store.TotalsAsync(new(), Cancellation);
        await Store.WriteAsync(spans, Cancellation);
        (await Store.FindAsync(Id(1), Cancellation))!.Spans.Count.ShouldBe(3);
        (await Store.TotalsAsync(new(), Cancellation)).Attempts.ShouldBe(2);
        (await Store.ListAsync(new(), Cancellation)).Items.ShouldHaveSingleItem().Attempts.ShouldBe(2);
    }

    [Fact]
    public async Task WriteAsync_SpanWithOtherContent_ReplacesTheEarlier()
    {
        await Store.WriteAsync([Root(1) with { Output = "draft" }], Cancellation);
        await Store.WriteAsync([Root(1) with { Output = "final", Start = Noon.AddSeconds(-5) }], Cancellation);
        var summary = (await Store.ListAsync(new(), Cancellation)).Items.ShouldHaveSingleItem();
        summary.Output.ShouldBe("final");
        summary.Start.ShouldBe(Noon.AddSeconds(-5));
        (await Store.FindAsync(Id(1), Cancellation))!.Spans.ShouldHaveSingleItem().Output.ShouldBe("final");
    }

    [Fact]
    public async Task WriteAsync_LateSpanOfAnOldTrace_JoinsIt()
    {
        await Store.WriteAsync([Root(1)], Cancellation);
        await Store.ListAsync(new(), Cancellation);
        await Store.WriteAsync([Attempt(1, 2) with { Start = Noon.AddDays(3) }], Cancellation);
        (await Store.ListAsync(new(), Cancellation)).Items.ShouldHaveSingleItem().Attempts.ShouldBe(1);
        (await Store.ListAsync(new() { Since = Noon.AddDays(1) }, Cancellation)).Items.ShouldBeEmpty();
        (await Store.TotalsAsync(new() { Since = Noon.AddDays(1) }, Cancellation)).Traces.ShouldBe(0);
        (await Store.FindAsync(Id(1), Cancellation))!.Spans.Count.ShouldBe(2);
    }

    [Fact]
    public async Task ListAsync_Summary_TakesTextFromTheRootAndSumsFromAttempts()
    {
        await Store.WriteAsync(
            [
                Attempt(1, 4) with { ParentId = Span(2), Error = "503", Usage = null, Cost = new Usd(1), Input = "attempt", Start = Noon.AddMilliseconds(1) },
                Root(1) with { Input = "question", Output = "answer", Usage = new() { InputUncached = 999 }, Cost = new Usd(999), Duration = TimeSpan.FromSeconds(3) },
                Child(1, 2, SpanKind.Model) with { Cost = new Usd(999), Output = "model", Conversation = "c-9" },
                Child(1, 6, SpanKind.Tool) with { Details = new() { Tool = "lookup" }, Input = "{}" },
                Attempt(1, 3) with { ParentId = Span(2), Usage = new() { InputUncached = 10, CacheRead = 4, OutputText = 7 }, Cost = new Usd(1_000_000_001) },
                Attempt(1, 5) with { ParentId = Span(2), Usage = new() { InputUncached = 1, CacheWrite = 2 }, Cost = Usd.Zero },
            ],
            Cancellation);
        var summary = (await Store.ListAsync(new(), Cancellation)).Items.ShouldHaveSingleItem();
        summary.ShouldBe(new()
        {
            TraceId = Id(1),
            Start = Noon,
            Duration = TimeSpan.FromSeconds(3),
            Agent = "support",
            Version = new VersionId("v1"),
            Purpose = Purpose.Production,
            Conversation = "c-9",
            Input = "question",
            Output = "answer",
            Error = null,
            Cost = new Usd(1_000_000_002),
            Spans = 6,
            ModelCalls = 1,
            Attempts = 3,
            Tools = summary.Tools,
            Usage = new() { InputUncached = 11, CacheRead = 4, CacheWrite = 2, OutputText = 7 },
            Feedback = summary.Feedback,
        });
        summary.Tools.ShouldBe(["lookup"]);
        (await Store.FindAsync(Id(1), Cancellation))!.Summary.ShouldBe(summary, Summaries.Instance);
    }

    [Fact]
    public async Task ListAsync_AnyAttemptUnpriced_HasNoCost()
    {
        await Store.WriteAsync([Root(1), Attempt(1, 2), Attempt(1, 3) with { Cost = null, CostReason = "no price" }, Root(2)], Cancellation);
        var items = (await Store.ListAsync(new(), Cancellation)).Items;
        items.Single(t => t.TraceId == Id(1)).Cost.ShouldBeNull();
        items.Single(t => t.TraceId == Id(2)).Cost.ShouldBe(Usd.Zero);
    }

    [Fact]
    public async Task TotalsAsync_Sums_AreExactToTheNanoDollar()
    {
        await Store.WriteAsync(
            [
                Root(1), Attempt(1, 2) with { Cost = new Usd(9_007_199_254_740_993) }, Attempt(1, 3) with { Cost = new Usd(1) },
                Root(2) with { Error = "timeout" }, Attempt(2, 4) with { Cost = null }, Attempt(2, 5) with { Cost = new Usd(2), Error = "retried" },
            ],
            Cancellation);
        (await Store.TotalsAsync(new(), Cancellation)).ShouldBe(
            new() { Traces = 2, Observed = 2, Attempts = 4, Errors = 1, Cost = new Usd(9_007_199_254_740_996), UnpricedCalls = 1 });
    }

    [Fact]
    public async Task ListAsync_Pages_TakeEveryTraceOnceNewestFirst()
    {
        // Three start at the same moment, and pages end between them.
        var spans = Enumerable.Range(0, 25).Select(i => Root(i) with { Start = Noon.AddMinutes(-7 * (i / 3 * 3)) }).ToList();
        await Store.WriteAsync(spans, Cancellation);
        var seen = new List<TraceSummary>();
        string? cursor = null;
        do
        {
            var page = await Store.ListAsync(new() { Limit = 4, Cursor = cursor }, Cancellation);
            page.Items.Count.ShouldBeLessThanOrEqualTo(4);
            seen.AddRange(page.Items);
            cursor = page.NextCursor;
            // What arrives at the top while somebody turns pages moves nothing below.
            await Store.WriteAsync([Root(1000 + seen.Count) with { Start = Noon.AddHours(1) }], Cancellation);
        }
        while (cursor is not null);
        seen.Select(t => t.TraceId).ShouldBe(spans.Select(s => s.TraceId), ignoreOrder: true);
        seen.Select(t => t.Start).ShouldBe(seen.Select(t => t.Start).OrderDescending());
    }

    [Fact]
    public async Task ListAsync_ForeignCursorOrLimit_IsRefused()
    {
        (await Should.ThrowAsync<Refusal>(() => Store.ListAsync(new() { Cursor = "nonsense!" }, Cancellation))).Status.ShouldBe(400);
        (await Should.ThrowAsync<Refusal>(() => Store.ListAsync(new() { Limit = 0 }, Cancellation))).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Queries_Filters_ChooseTheSameTracesInListAndTotals()
    {
        await Store.WriteAsync(
            [
                Root(1), Root(2) with { Agent = "coder" }, Root(3) with { Version = new VersionId("v2") }, Root(4) with { Purpose = Purpose.Evaluation },
                Root(5) with { Session = "s-1" }, Root(6) with { Conversation = "c-1" }, Root(7) with { Error = "boom" },
                Root(8) with { Start = Noon.AddDays(-40) }, Root(9) with { Start = Noon.AddDays(40) },
            ],
            Cancellation);
        await Expect(new() { Agent = "coder" }, 2);
        await Expect(new() { Version = new VersionId("v2") }, 3);
        await Expect(new() { Purpose = Purpose.Evaluation }, 4);
        await Expect(new() { Session = "s-1" }, 5);
        await Expect(new() { Conversation = "c-1" }, 6);
        await Expect(new() { HasError = true }, 7);
        await Expect(new() { HasError = false }, 9, 6, 5, 4, 3, 2, 1, 8);
        await Expect(new() { Since = Noon.AddDays(1) }, 9);
        await Expect(new() { Until = Noon }, 8);
        await Expect(new() { Since = Noon, Until = Noon.AddMicroseconds(1), Agent = "coder" }, 2);
        await Expect(new() { Agent = "' OR 1 --" });
        await Expect(new() { Agent = Hostile });
    }

    [Fact]
    public async Task WriteFeedbackAsync_LateAndAgain_ReplacesByNameAndSource()
    {
        await Store.WriteAsync([Root(1), Root(2)], Cancellation);
        await Store.WriteFeedbackAsync([Feedback(1, "thumbs", "user") with { Value = 0 }, Feedback(1, "outcome", "system") with { Label = Hostile }], Cancellation);
        await Store.ListAsync(new(), Cancellation);
        await Store.WriteFeedbackAsync([Feedback(1, "thumbs", "user") with { Value = 1, Comment = Hostile }], Cancellation);
        var found = (await Store.FindAsync(Id(1), Cancellation))!.Summary.Feedback;
        found.ShouldBe(
            [Feedback(1, "thumbs", "user") with { Value = 1, Comment = Hostile }, Feedback(1, "outcome", "system") with { Label = Hostile }], ignoreOrder: true);
        var items = (await Store.ListAsync(new(), Cancellation)).Items;
        items.Single(t => t.TraceId == Id(1)).Feedback.ShouldBe(found);
        items.Single(t => t.TraceId == Id(2)).Feedback.ShouldBeEmpty();
    }

    [Fact]
    public async Task WriteFeedbackAsync_BeforeItsTrace_JoinsWhenTheTraceComes()
    {
        await Store.WriteFeedbackAsync([Feedback(1, "csat", "user") with { Value = 4.5 }], Cancellation);
        (await Store.FindAsync(Id(1), Cancellation)).ShouldBeNull();
        await Store.WriteAsync([Root(1)], Cancellation);
        (await Store.FindAsync(Id(1), Cancellation))!.Summary.Feedback.ShouldHaveSingleItem().Value.ShouldBe(4.5);
    }

    [Fact]
    public async Task FindAsync_Spans_ComeByStart()
    {
        await Store.WriteAsync([Attempt(1, 9) with { Start = Noon.AddSeconds(2) }, Attempt(1, 5) with { Start = Noon.AddSeconds(1) }, Root(1)], Cancellation);
        (await Store.FindAsync(Id(1), Cancellation))!.Spans.Select(s => s.SpanId.Value[^1]).ShouldBe(['0', '5', '9']);
    }

    [Fact]
    public async Task WriteAsync_ManyAtOnce_AllAreThereAfterwards()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Store.WriteAsync([Root(i), Attempt(i, 2)], Cancellation)));
        var totals = await Store.TotalsAsync(new(), Cancellation);
        (totals.Traces, totals.Attempts, totals.Cost).ShouldBe((40, 40, new Usd(40 * 1_000)));
    }

    [Fact]
    public async Task WriteAsync_SpansInAnyOrderAndBatches_MakeTheSameTrace()
    {
        Span[] spans = [Root(1) with { User = "ann" }, Child(1, 2, SpanKind.Model), Attempt(1, 3) with { ParentId = Span(2) }, Child(1, 4, SpanKind.Tool)];
        await Store.WriteAsync(spans, Cancellation);
        var expected = (await Store.ListAsync(new(), Cancellation)).Items.ShouldHaveSingleItem();
        int[][] orders = [[3, 2, 1, 0], [2, 0, 3, 1], [1, 1, 3, 3, 0, 2, 0]];
        foreach (var (number, order) in orders.Index())
        {
            foreach (var i in order)
            {
                await Store.WriteAsync([spans[i] with { TraceId = Id(2 + number) }], Cancellation);
                // Read in between, so that each span is a batch of its own.
                await Store.TotalsAsync(new(), Cancellation);
            }
        }

        foreach (var trace in (await Store.ListAsync(new(), Cancellation)).Items)
            (trace with { TraceId = expected.TraceId }).ShouldBe(expected, Summaries.Instance);
        (await Store.TotalsAsync(new(), Cancellation)).Attempts.ShouldBe(4);
    }

    [Fact]
    public async Task WriteFeedbackAsync_AboutSpanConversationAndAnswer_IsFoundWithTheTrace()
    {
        await Store.WriteAsync([Root(1) with { Conversation = "c-1" }, Child(1, 2, SpanKind.Model) with { Details = new() { ResponseId = "resp-1" } }, Root(2)], Cancellation);
        Feedback ofSpan = new() { TraceId = Id(1), SpanId = Span(2), Name = "thumbs", Source = "user", Value = 1, At = Noon };
        Feedback ofConversation = new() { Conversation = "c-1", Name = "csat", Source = "user", Value = 5, At = Noon.AddDays(9) };
        Feedback ofAnswer = new() { ResponseId = "resp-1", Name = "correction", Source = "ann", Demonstration = Hostile, At = Noon.AddDays(1) };
        await Store.WriteFeedbackAsync([ofSpan, ofConversation, ofAnswer], Cancellation);
        var items = (await Store.ListAsync(new(), Cancellation)).Items;
        items.Single(trace => trace.TraceId == Id(1)).Feedback.ShouldBe([ofSpan, ofAnswer, ofConversation]);
        items.Single(trace => trace.TraceId == Id(2)).Feedback.ShouldBeEmpty();
        (await Store.FindAsync(Id(1), Cancellation))!.Summary.Feedback.ShouldBe([ofSpan, ofAnswer, ofConversation]);
        (await Store.FindConversationAsync("c-1", Cancellation))!.Feedback.ShouldBe([ofConversation]);
    }

    [Fact]
    public async Task FindConversationAsync_Turns_ComeOldestFirstWithTheirSum()
    {
        await Store.WriteAsync(
            [
                Root(2) with { Conversation = "c-1", Start = Noon.AddMinutes(5) }, Attempt(2, 1), Root(1) with { Conversation = "c-1", User = "ann" }, Attempt(1, 1),
                Root(3) with { Conversation = "c-2" },
            ],
            Cancellation);
        var conversation = (await Store.FindConversationAsync("c-1", Cancellation)).ShouldNotBeNull();
        conversation.Traces.Select(trace => trace.TraceId).ShouldBe([Id(1), Id(2)]);
        conversation.User.ShouldBe("ann");
        conversation.Totals.Cost.ShouldBe(new Usd(2_000));
        (await Store.FindConversationAsync(Hostile, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task DeleteAsync_User_TakesTheirTracesAndFeedbackAlone()
    {
        await Store.WriteAsync([Root(1), Child(1, 2, SpanKind.Model) with { User = "ann" }, Root(2) with { User = "bob" }], Cancellation);
        await Store.WriteFeedbackAsync([Feedback(1, "csat", "user") with { Value = 1 }, Feedback(2, "csat", "user") with { Value = 2 }], Cancellation);
        (await Store.DeleteAsync(new() { User = "ann" }, Cancellation)).ShouldBe((1, 2, 1));
        (await Store.ListAsync(new(), Cancellation)).Items.ShouldHaveSingleItem().TraceId.ShouldBe(Id(2));
        (await Store.FindAsync(Id(1), Cancellation)).ShouldBeNull();
        (await Store.FindAsync(Id(2), Cancellation))!.Summary.Feedback.Count.ShouldBe(1);
        (await Store.DeleteAsync(new() { User = "ann" }, Cancellation)).ShouldBe((0, 0, 0));
    }

    protected static SpanId Span(int n) => new($"{n:x16}");

    protected static TraceId Id(int n) => new($"{n:x32}");

    protected static Span Root(int trace) => new()
    {
        TraceId = Id(trace),
        SpanId = new("0000000000000000"),
        Kind = SpanKind.Agent,
        Name = "agent.run",
        Start = Noon,
        Duration = TimeSpan.FromSeconds(1),
        Agent = "support",
        Version = new VersionId("v1"),
        Purpose = Purpose.Production,
        Input = "question",
        Output = "answer",
    };

    protected static Span Child(int trace, int span, SpanKind kind) => Root(trace) with
    {
        SpanId = new($"{span:x16}"),
        ParentId = new("0000000000000000"),
        Kind = kind,
        Name = "chat",
        Start = Noon.AddMilliseconds(span),
        Duration = TimeSpan.FromMilliseconds(1),
        Input = null,
        Output = null,
    };

    protected static Span Attempt(int trace, int span) => Child(trace, span, SpanKind.Attempt) with
    {
        Role = AttemptRole.Primary,
        Usage = new() { InputUncached = 100, OutputText = 10 },
        Cost = new Usd(1_000),
    };

    private static Feedback Feedback(int trace, string name, string source) => new() { TraceId = Id(trace), Name = name, Source = source, At = Noon };

    private static void Same(Span actual, Span expected)
    {
        actual.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal).ShouldBe(expected.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal));
        (actual with { Attributes = expected.Attributes }).ShouldBe(expected);
    }

    private async Task Expect(TraceQuery query, params int[] traces)
    {
        var ids = traces.Select(Id).ToList();
        (await Store.ListAsync(query, Cancellation)).Items.Select(t => t.TraceId).ShouldBe(ids, ignoreOrder: true);
        (await Store.TotalsAsync(query, Cancellation)).Traces.ShouldBe(ids.Count);
    }

    // Lists inside records compare by reference.
    private sealed class Summaries : IEqualityComparer<TraceSummary>
    {
        public static readonly Summaries Instance = new();

        public bool Equals(TraceSummary? x, TraceSummary? y) =>
            x is not null && y is not null && x.Feedback.SequenceEqual(y.Feedback)
            && Enumerable.SequenceEqual(x.Tools ?? [], y.Tools ?? []) && Enumerable.SequenceEqual(x.Models ?? [], y.Models ?? [])
            && x with { Feedback = y.Feedback, Tools = y.Tools, Models = y.Models } == y;

        public int GetHashCode(TraceSummary value) => value.TraceId.GetHashCode();
    }
}
