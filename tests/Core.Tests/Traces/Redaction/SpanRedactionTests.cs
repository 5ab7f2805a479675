using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Redaction;
using Espalier.Testing.Fakes;

namespace Espalier.Core.Tests.Traces.Redaction;

public sealed class SpanRedactionTests
{
    private const string Mail = "jane@example.com";

    private static readonly string Hidden = Redactors.Usual.Redact(Mail);

    private readonly SpanRedaction _redaction = new(Redactors.Usual);

    [Fact]
    public void Apply_SpanWithNothingToRedact_IsTheSameInstanceAndCostsNoMemory()
    {
        var text = string.Concat(Enumerable.Repeat("The agent looked up order #W2378156 of 2024-05-15 and found 3 items. ", 30));
        var span = Span() with
        {
            Input = text,
            Output = text,
            Details = new SpanDetails { Thinking = text, RequestedTools = [new RequestedTool { Name = "find", Arguments = text }], Tags = ["a"] },
            Attributes = new Dictionary<string, string> { ["a"] = text, ["gen_ai.token.type"] = "x" },
        };
        _redaction.Apply(span).ShouldBeSameAs(span);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) _redaction.Apply(span);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Theory]
    [InlineData("tokens.ids", "[4111,1111,1111,1111,151644]", true)]
    [InlineData("tokens.logprobs", "[-0.41111111111111,-1.2E-05,0]", true)]
    [InlineData("tokens.ids", "[4111111111111111]", false)]
    [InlineData("tokens.ids", "jane@example.com", false)]
    [InlineData("other", "4111 1111 1111 1111", false)]
    public void Apply_ListsOfTokens_StayAsTheyAreAndWhatOnlyPosesAsOneDoesNot(string name, string value, bool stays)
    {
        var applied = _redaction.Apply(Span() with { Attributes = new Dictionary<string, string> { [name] = value } });
        (applied.Attributes[name] == value).ShouldBe(stays);
    }

    [Fact]
    public void Apply_TextSharedBySpans_IsRedactedOnceAndAlikeInAll()
    {
        var redactor = new Counting();
        var redaction = new SpanRedaction(redactor);
        var text = $"write to {Mail} today";
        var seen = new Dictionary<string, string>(ReferenceEqualityComparer.Instance);
        var spans = Enumerable.Range(0, 3).Select(_ => redaction.Apply(Span() with { Input = text, Output = text }, seen)).ToList();
        spans.ShouldAllBe(span => span.Input == $"write to {Hidden} today" && ReferenceEquals(span.Input, span.Output));
        redactor.Asked.Count(asked => asked == text).ShouldBe(1);
    }

    [Fact]
    public void Apply_EveryTextOfASpan_IsRedacted()
    {
        var span = Span() with
        {
            Name = $"GET /users/{Mail}",
            Error = Mail,
            Input = Mail,
            Output = Mail,
            User = Mail,
            Conversation = Mail,
            Details = new SpanDetails
            {
                Thinking = Mail,
                ToolDefinitions = Mail,
                RequestedTools = [new RequestedTool { Name = "send", Arguments = $$"""{"to":"{{Mail}}"}""" }],
                Documents = [new RetrievedDocument { Id = "1", Content = Mail }],
                Tags = [Mail],
                Oddities = [Mail],
            },
            Attributes = new Dictionary<string, string> { ["a"] = Mail, ["http.request.header.authorization"] = "hunter2", ["b"] = "1" },
        };

        var redacted = _redaction.Apply(span);

        redacted.Name.ShouldBe($"GET /users/{Hidden}");
        string?[] texts =
        [
            redacted.Error, redacted.Input, redacted.Output, redacted.User, redacted.Conversation, redacted.Details!.Thinking, redacted.Details.ToolDefinitions,
            redacted.Details.Documents![0].Content, redacted.Details.Tags![0], redacted.Details.Oddities![0], redacted.Attributes["a"],
        ];
        texts.ShouldAllBe(text => text == Hidden);
        redacted.Details.RequestedTools![0].Arguments.ShouldBe($$"""{"to":"{{Hidden}}"}""");
        redacted.Attributes["http.request.header.authorization"].ShouldStartWith("[SECRET:");
        redacted.Attributes["b"].ShouldBe("1");
        _redaction.Apply(redacted).ShouldBeSameAs(redacted);
    }

    [Fact]
    public void Apply_Ids_StayUnlessTheyArePersonal()
    {
        var span = Span() with { User = "user-2125550142", Conversation = "chat of jane@example.com with 3" };

        _redaction.Apply(span).ShouldBeSameAs(span);
    }

    [Fact]
    public void Apply_Feedback_IsRedacted()
    {
        var feedback = new Feedback
        {
            Conversation = Mail, Name = "outcome", Source = "system", Label = Mail, Comment = $"by {Mail}", Demonstration = Mail, At = DateTimeOffset.UnixEpoch,
        };

        var redacted = _redaction.Apply(feedback);

        (redacted.Conversation, redacted.Label, redacted.Comment, redacted.Demonstration).ShouldBe((Hidden, Hidden, $"by {Hidden}", Hidden));
        _redaction.Apply(redacted).ShouldBeSameAs(redacted);
    }

    [Fact]
    public async Task Store_BehindRedaction_HoldsNoAddressAndIsStillAskedByIt()
    {
        var inner = new InMemoryTraceStore();
        var store = new RedactingTraceStore(inner, _redaction);
        var cancellation = TestContext.Current.CancellationToken;

        await store.WriteAsync([Span() with { Input = Mail, Conversation = Mail }], cancellation);

        (await inner.FindAsync(Span().TraceId, cancellation))!.Spans[0].Input.ShouldBe(Hidden);
        (await store.ListAsync(new TraceQuery { Conversation = Mail }, cancellation)).Items.Count.ShouldBe(1);
        (await store.FindConversationAsync(Mail, cancellation)).ShouldNotBeNull();
        (await store.TotalsAsync(new TraceQuery { Conversation = "june@example.com" }, cancellation)).Traces.ShouldBe(0);
        (await store.DeleteAsync(new DeleteTracesRequest { Conversation = Mail }, cancellation)).Traces.ShouldBe(1);
        (await inner.FindAsync(Span().TraceId, cancellation)).ShouldBeNull();
    }

    private static Span Span() => new()
    {
        TraceId = new TraceId("0123456789abcdef0123456789abcdef"),
        SpanId = new SpanId("0123456789abcdef"),
        Kind = SpanKind.Agent,
        Name = "agent.run",
        Start = DateTimeOffset.UnixEpoch,
        Duration = TimeSpan.FromSeconds(1),
        Agent = "desk",
        Purpose = Purpose.Production,
    };

    private sealed class Counting : IRedactor
    {
        public List<string> Asked { get; } = [];

        public string Redact(string text)
        {
            Asked.Add(text);
            return Redactors.Usual.Redact(text);
        }

        public string RedactWhole(string text) => Redactors.Usual.RedactWhole(text);

        public string Hide(string text) => Redactors.Usual.Hide(text);
    }
}
