using System.Globalization;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;

namespace Espalier.Core.Tests.Traces;

public sealed class TraceFoldTests
{
    private static readonly DateTimeOffset Noon = new(2026, 10, 3, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_AgentThatRepeatsTheSumOfItsCalls_CountsEachTokenOnce()
    {
        var facts = TraceFold.Of([
            New("1", null, SpanKind.Agent) with { Usage = Used(30, 12) },
            New("2", "1", SpanKind.Model) with { Usage = Used(10, 5), Cost = new Usd(100) },
            New("3", "1", SpanKind.Model) with { Usage = Used(20, 7), Cost = new Usd(200) },
        ]);
        facts.ModelCalls.Count.ShouldBe(2);
        facts.Usage.InputTotal().ShouldBe(30);
        facts.Usage.OutputTotal().ShouldBe(12);
        facts.KnownCost.ShouldBe(new Usd(300));
        facts.UnpricedCalls.ShouldBe(0);
    }

    [Fact]
    public void Of_UsageOnlyOnTheAggregate_TakesTheAggregates()
    {
        var facts = TraceFold.Of([
            New("1", null, SpanKind.ModelAggregate) with { Usage = Used(30, 12), Cost = new Usd(7) },
            New("2", "1", SpanKind.Model), New("3", "1", SpanKind.Model),
        ]);
        facts.ModelCalls.Count.ShouldBe(2);
        facts.ModelCalls.ShouldAllBe(call => call.Usage == null);
        facts.Usage.InputTotal().ShouldBe(30);
        facts.IsUsageComplete.ShouldBeTrue();
        facts.KnownCost.ShouldBe(new Usd(7));
        facts.UnpricedCalls.ShouldBe(0);
    }

    [Theory]
    [InlineData("r1", "r1", 10)]
    [InlineData(null, "r1", 10)]
    [InlineData(null, null, 10)]
    public void Of_TwoInstrumentationsOfOneCall_CountsItOnce(string? outer, string? inner, long tokens)
    {
        var facts = TraceFold.Of([
            New("1", null, SpanKind.Agent),
            New("2", "1", SpanKind.Model) with { Usage = Used(tokens, 5), Output = "hello", Details = new() { ResponseId = outer } },
            New("3", "2", SpanKind.Model) with { Usage = Used(tokens, 5), Details = new() { ResponseId = inner } },
        ]);
        var call = facts.ModelCalls.ShouldHaveSingleItem();
        call.SameCall.Select(id => id.Value).ShouldBe([Id("3"), Id("2")]);
        call.Output.ShouldBe("hello");
        call.ResponseId.ShouldBe(inner);
        facts.Usage.InputTotal().ShouldBe(tokens);
    }

    [Fact]
    public void Of_InnerSpanWithoutUsage_TakesTheOuterOnes()
    {
        var facts = TraceFold.Of([
            New("1", null, SpanKind.Model) with { Usage = Used(10, 5) },
            New("2", "1", SpanKind.Model),
        ]);
        facts.ModelCalls.ShouldHaveSingleItem().Usage.ShouldBe(Used(10, 5));
        facts.Usage.OutputTotal().ShouldBe(5);
    }

    [Fact]
    public void Of_CallWithinACallWithAnAnswerOfItsOwn_CountsBoth()
    {
        var facts = TraceFold.Of([
            New("1", null, SpanKind.Model) with { Usage = Used(10, 5), Details = new() { ResponseId = "r1" } },
            New("2", "1", SpanKind.Tool) with { Details = new() { Tool = "ask" } },
            New("3", "2", SpanKind.Model) with { Usage = Used(100, 50), Details = new() { ResponseId = "r2" } },
        ]);
        facts.ModelCalls.Count.ShouldBe(2);
        facts.Usage.InputTotal().ShouldBe(110);
    }

    [Fact]
    public void Of_CallOfAnAgentBelowACall_CountsBothAndIsAHandoff()
    {
        var facts = TraceFold.Of([
            New("1", null, SpanKind.Agent) with { Details = new() { AgentName = "triage" } },
            New("2", "1", SpanKind.Model) with { Usage = Used(10, 5) },
            New("3", "2", SpanKind.Agent) with { Details = new() { AgentName = "billing" } },
            New("4", "3", SpanKind.Model) with { Usage = Used(20, 7) },
        ]);
        facts.ModelCalls.Count.ShouldBe(2);
        (facts.Usage.InputTotal(), facts.Usage.OutputTotal()).ShouldBe((30, 12));
        facts.Handoffs.ShouldHaveSingleItem().ShouldBe(new Handoff { From = "triage", To = "billing" });
    }

    [Fact]
    public void Of_AggregateWithoutSteps_IsTheCall()
    {
        var facts = TraceFold.Of([New("1", null, SpanKind.ModelAggregate) with { Usage = Used(10, 5), ModelRequested = "m" }]);
        facts.ModelCalls.ShouldHaveSingleItem().Usage.ShouldBe(Used(10, 5));
        facts.Usage.InputTotal().ShouldBe(10);
        facts.UnpricedCalls.ShouldBe(1);
    }

    [Fact]
    public void Of_ExecutionsThatNameNoRequest_AreJoinedByToolAndArguments()
    {
        var facts = TraceFold.Of([
            New("1", null, SpanKind.Model) with { Details = new() { RequestedTools = [new() { Id = "a", Name = "look", Arguments = """{"x": 1, "y": 2}""" }, new() { Id = "b", Name = "look", Arguments = """{"x":3}""" }, new() { Id = "c", Name = "look", Arguments = """{"x":3}""" }] } },
            New("2", null, SpanKind.Tool) with { Start = Noon.AddSeconds(1), Input = """{"x":3}""", Details = new() { Tool = "look" } },
            New("3", null, SpanKind.Tool) with { Start = Noon.AddSeconds(2), Input = """{"y":2,"x":1}""", Details = new() { Tool = "look" } },
            New("4", null, SpanKind.Tool) with { Start = Noon.AddSeconds(3), Input = """{"x":3}""", Details = new() { Tool = "look", ToolCallId = "c" } },
            New("5", null, SpanKind.Tool) with { Start = Noon.AddSeconds(4), Input = """{"x":3}""", Details = new() { Tool = "look" } },
        ]);
        facts.ToolCalls.Select(call => call.CallId).ShouldBe(["b", "a", "c", null]);
    }

    [Fact]
    public void Of_GatewayCall_BillsItsAttempts()
    {
        var facts = TraceFold.Of([
            New("1", null, SpanKind.Agent) with { Input = "hi", Output = "ho" },
            New("2", "1", SpanKind.Model),
            New("3", "2", SpanKind.Attempt) with { Error = "503", Cost = Usd.Zero },
            New("4", "2", SpanKind.Attempt) with { Usage = Used(10, 5), Cost = new Usd(1250) },
        ]);
        facts.Attempts.ShouldBe(2);
        facts.KnownCost.ShouldBe(new Usd(1250));
        var call = facts.ModelCalls.ShouldHaveSingleItem();
        call.Cost.ShouldBe(new Usd(1250));
        call.Usage.ShouldBe(Used(10, 5));
        facts.Error.ShouldBeNull();
        (facts.Input, facts.Output).ShouldBe(("hi", "ho"));
    }

    [Fact]
    public void Of_CallsWithoutUsageOrPrice_SaysThatTheSumsAreTooLow()
    {
        var facts = TraceFold.Of([
            New("1", null, SpanKind.Model) with { Usage = Used(10, 5), Cost = new Usd(3) },
            New("2", null, SpanKind.Model),
            New("3", null, SpanKind.Model) with { Error = "500" },
        ]);
        facts.IsUsageComplete.ShouldBeFalse();
        facts.UnpricedCalls.ShouldBe(1);
        facts.KnownCost.ShouldBe(new Usd(3));
    }

    [Fact]
    public void Of_NothingTold_LeavesEverythingUnknown()
    {
        var facts = TraceFold.Of([New("1", null, SpanKind.Other)]);
        facts.Usage.InputTotal().ShouldBeNull();
        facts.KnownCost.ShouldBeNull();
        facts.Conversation.ShouldBeNull();
        facts.Prompt.ShouldBeNull();
        facts.Output.ShouldBeNull();
        facts.IsIncomplete.ShouldBeTrue();
    }

    [Fact]
    public void Of_TwoUsersOnOneTrace_KeepsTheRootsAndSaysSo()
    {
        var facts = TraceFold.Of([
            New("1", "9", SpanKind.Model) with { User = "ann", Conversation = "c1" },
            New("2", null, SpanKind.Agent) with { User = "bob" },
        ]);
        facts.User.ShouldBe("bob");
        facts.Conversation.ShouldBe("c1");
        facts.Conflicts.ShouldHaveSingleItem().ShouldBe("user: bob, ann");
    }

    [Fact]
    public void Of_RecordsOfASpan_BecomeItsMessagesAndAnswer()
    {
        var facts = TraceFold.Of([
            New("a", "1", SpanKind.Event) with { Input = """{"role":"system"}""" },
            New("b", "1", SpanKind.Event) with { Input = """{"role":"user"}""", Start = Noon.AddSeconds(1) },
            New("c", "1", SpanKind.Event) with { Output = "yes", Details = new() { FinishReasons = ["stop"] }, Start = Noon.AddSeconds(2) },
            New("1", null, SpanKind.Model) with { Usage = Used(1, 1) },
        ]);
        facts.Spans.ShouldBe(1);
        var call = facts.ModelCalls.ShouldHaveSingleItem();
        call.Input.ShouldBe("""[{"role":"system"},{"role":"user"}]""");
        call.Output.ShouldBe("yes");
        call.FinishReasons.ShouldBe(["stop"]);
    }

    [Fact]
    public void Of_RingOfParents_StillCountsEverySpan()
    {
        var facts = TraceFold.Of([
            New("1", "2", SpanKind.Model) with { Usage = Used(1, 1), Details = new() { ResponseId = "a" } },
            New("2", "1", SpanKind.Chain),
            New("3", "3", SpanKind.Tool),
        ]);
        facts.Spans.ShouldBe(3);
        facts.Usage.InputTotal().ShouldBe(1);
    }

    [Fact]
    public void Of_ChainThatNestsWithoutEnd_CountsEverySpan()
    {
        const int Count = 100_000;
        var facts = TraceFold.Of([.. Enumerable.Range(1, Count).Select(i => New($"{i:x}", i == 1 ? null : $"{i - 1:x}", i % 2 == 0 ? SpanKind.Model : SpanKind.Chain))]);
        facts.Spans.ShouldBe(Count);
        facts.ModelCalls.Sum(call => call.SameCall.Count).ShouldBe(Count / 2);
    }

    [Fact]
    public void Of_ProtocolsSpanWithinTheToolsSpan_IsOneExecution()
    {
        var facts = TraceFold.Of([
            New("1", null, SpanKind.Tool) with { Details = new() { Tool = "search", ToolCallId = "call_1" } },
            New("2", "1", SpanKind.Tool) with { Details = new() { Tool = "search" }, Input = """{"q":1}""", Output = "found" },
            New("3", null, SpanKind.Tool) with { Details = new() { Tool = "search" } },
        ]);
        facts.ToolCalls.Count.ShouldBe(2);
        facts.ToolCalls[0].Arguments.ShouldBe("""{"q":1}""");
        facts.ToolCalls[0].CallId.ShouldBe("call_1");
    }

    [Fact]
    public void Of_AnyOrderAndCopies_SaysTheSame()
    {
        var worlds = Gen.Choose(0, int.MaxValue).Select(World);
        Prop.ForAll(Arb.From(worlds), Arb.From(Gen.Choose(0, int.MaxValue)), (world, shuffle) =>
        {
            var random = new Seed(shuffle).For("shuffle");
            var again = random.Shuffle(world.Concat(world.Where(_ => random.Next(2) == 0)));
            return Text(TraceFold.Of(world)) == Text(TraceFold.Of(again));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private static string Text(TraceFacts facts) => System.Text.Json.JsonSerializer.Serialize(facts, Contracts.ContractsJson.Default.TraceFacts);

    private static IReadOnlyList<Span> World(int seed)
    {
        var random = new Seed(seed).For("world");
        var kinds = Enum.GetValues<SpanKind>();
        var count = 1 + random.Next(13);
        return [.. Enumerable.Range(1, count).Select(i => New(i.ToString(CultureInfo.InvariantCulture), random.Next(3) == 0 ? null : (1 + random.Next(count + 1)).ToString(CultureInfo.InvariantCulture), kinds[random.Next(kinds.Length)]) with
        {
            Start = Noon.AddMilliseconds(random.Next(4)),
            Duration = TimeSpan.FromMilliseconds(random.Next(4)),
            Usage = random.Next(2) == 0 ? Used(random.Next(5), random.Next(5)) : null,
            Cost = random.Next(2) == 0 ? new Usd(random.Next(9)) : null,
            Error = random.Next(4) == 0 ? "failed" : null,
            Output = random.Next(2) == 0 ? $"out {random.Next(3)}" : null,
            User = random.Next(2) == 0 ? $"u{random.Next(3)}" : null,
            Details = random.Next(2) == 0 ? new SpanDetails { ResponseId = random.Next(2) == 0 ? $"r{random.Next(2)}" : null, AgentName = $"a{random.Next(2)}", Handoff = random.Next(3) == 0 ? new Handoff { To = "b" } : null } : null,
        })];
    }

    private static Span New(string id, string? parent, SpanKind kind) => new()
    {
        TraceId = new("0af7651916cd43dd8448eb211c80319c"),
        SpanId = new(Id(id)),
        ParentId = parent is null ? null : new SpanId(Id(parent)),
        Kind = kind,
        Name = kind.ToString(),
        Start = Noon,
        Duration = TimeSpan.FromSeconds(1),
        Agent = "support",
        Purpose = Purpose.Production,
    };

    private static string Id(string id) => id.PadLeft(16, '0');

    private static TokenUsage Used(long input, long output) => new() { InputUncached = input, OutputText = output };
}
