using Espalier.Contracts.Traces;
using Espalier.Core.Runs;

namespace Espalier.Gateway.Tests.Tools;

public sealed class ReplayTests
{
    private const string Trace = "0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("""{"b":1,"a":[1.0,"x"]}""", """{ "a": [1, "x"], "b": 1e0 }""", true)]
    [InlineData("""{"id":9007199254740993}""", """{"id":9007199254740992}""", false)]
    [InlineData("""{"id":0.10}""", """{"id":0.1}""", true)]
    [InlineData("""{"id":-0}""", """{"id":0}""", true)]
    [InlineData("""{"id":1e400}""", """{"id":1e401}""", false)]
    [InlineData("""{"id":1e-300}""", """{"id":0}""", false)]
    [InlineData("""{"id":"1"}""", """{"id":1}""", false)]
    [InlineData("""{"a":null}""", """{}""", false)]
    [InlineData("""{"a":"\u00e4"}""", """{"a":"ä"}""", true)]
    public void Normalise_TwoWritings_AreEqualWhenTheyMeanTheSame(string one, string other, bool equal) =>
        (Normal(one) == Normal(other)).ShouldBe(equal);

    [Fact]
    public async Task Evaluation_RecordedCalls_AreAnsweredInTheirOrderAndNothingIsStarted()
    {
        await using var shop = await ToolShop.StartAsync();
        var served = shop.BeginProduction(Trace);
        var first = await shop.CallAsync(served, "plain", """{"id":7,"n":1.0}""");
        var second = await shop.CallAsync(served, "plain", """{"n":1,"id":7}""");
        ToolShop.TextOf(first).ShouldNotBe(ToolShop.TextOf(second));
        var (outside, started) = (shop.Outside.Count, shop.Processes.Started.Count);

        var token = shop.BeginEvaluation(Trace);
        await using var client = await shop.ConnectAsync(token);
        var tools = await client.ListToolsAsync(cancellationToken: ToolShop.Cancellation);
        var again = await shop.CallAsync(token, "plain", """{"n":1,"id":7.0}""");
        var and = await shop.CallAsync(token, "plain", """{"id":7,"n":1}""");
        var third = await shop.CallAsync(token, "plain", """{"id":7,"n":1}""");

        tools.Count.ShouldBeGreaterThan(5);
        client.ServerInstructions.ShouldBe("Look up orders.");
        again.Body.ShouldBe(first.Body);
        and.Body.ShouldBe(second.Body);
        ToolShop.IsError(third).ShouldBeTrue("it was called twice, and is not known to change nothing");
        (shop.Outside.Count, shop.Processes.Started.Count).ShouldBe((outside, started));
        var usage = (await shop.Gateway.EndAsync(token)).Tools.ShouldNotBeNull();
        (usage.Calls, usage.Replayed, usage.Missed, usage.MissedFailed, usage.WritesBlocked, usage.Forwarded).ShouldBe((3, 2, 1, 1, 1, 0));
        usage.MissRate.ShouldNotBeNull().ShouldBe(1.0 / 3, 1e-12);
        (await shop.Gateway.SpansAsync()).Where(span => span.Kind == SpanKind.Tool && span.Purpose == Purpose.Evaluation)
            .Select(span => span.Attributes["espalier.tool.source"]).ShouldBe(["replayed", "replayed", "blocked"]);
    }

    [Fact]
    public async Task Evaluation_ReadAskedMoreOftenThanRecorded_GetsTheLastAnswerAgain()
    {
        await using var shop = await ToolShop.StartAsync();
        var served = await shop.CallAsync(shop.BeginProduction(Trace), "get_order");

        var token = shop.BeginEvaluation(Trace);
        for (var i = 0; i < 3; i++) (await shop.CallAsync(token, "get_order")).Body.ShouldBe(served.Body);

        (await shop.Gateway.EndAsync(token)).Tools.ShouldNotBeNull().Replayed.ShouldBe(3);
    }

    [Fact]
    public async Task Evaluation_ErrorOfATool_IsReplayedAsOne()
    {
        await using var shop = await ToolShop.StartAsync();
        var served = await shop.CallAsync(shop.BeginProduction(Trace), "broken");

        var again = await shop.CallAsync(shop.BeginEvaluation(Trace), "broken");

        again.Body.ShouldBe(served.Body);
        (await shop.Gateway.SpansAsync()).Where(span => span.Kind == SpanKind.Tool).ShouldAllBe(span => span.Error == "there is no such order");
    }

    [Fact]
    public async Task Evaluation_Fail_AnythingElseIsAnErrorThatSaysSo()
    {
        await using var shop = await ToolShop.StartAsync("miss: fail");
        await shop.CallAsync(shop.BeginProduction(Trace), "get_order", """{"id":1}""");
        var before = shop.Outside.Count;

        var missed = await shop.CallAsync(shop.BeginEvaluation(Trace), "get_order", """{"id":2}""");
        var without = await shop.CallAsync(shop.BeginEvaluation(null), "get_order", """{"id":1}""");

        ToolShop.IsError(missed).ShouldBeTrue();
        ToolShop.TextOf(missed).ShouldBe("'get_order' of 'shop' was not called. No recording holds this call, and the contract says that calls without one fail.");
        ToolShop.IsError(without).ShouldBeTrue();
        shop.Outside.Count.ShouldBe(before);
    }

    [Fact]
    public async Task Evaluation_Readonly_ReadsForRealOnceAndThenReplays()
    {
        await using var shop = await ToolShop.StartAsync("miss: readonly");
        await shop.CallAsync(shop.BeginProduction(Trace), "plain");

        var token = shop.BeginEvaluation(Trace);
        var read = await shop.CallAsync(token, "get_order", """{"id":2}""");
        var usage = (await shop.Gateway.EndAsync(token)).Tools.ShouldNotBeNull();
        var later = shop.BeginEvaluation(Trace);
        var again = await shop.CallAsync(later, "get_order", """{"id":2}""");

        ToolShop.IsError(read).ShouldBeFalse();
        (usage.MissedForwarded, usage.Forwarded, usage.Missed).ShouldBe((1, 1, 1));
        again.Body.ShouldBe(read.Body);
        (await shop.Gateway.EndAsync(later)).Tools.ShouldNotBeNull().Replayed.ShouldBe(1);
        shop.OutsideCalls.ShouldBe(["plain {}", """get_order {"id": 2}"""]);
    }

    [Fact]
    public async Task Evaluation_Simulate_GivesTheNearestRecordedAnswerAndSaysSo()
    {
        await using var shop = await ToolShop.StartAsync("miss: simulate");
        foreach (var city in (string[])["Amsterdam", "Rotterdam", "Utrecht"]) await shop.CallAsync(shop.BeginProduction(), "refund", $$"""{"city":"{{city}}","amount":10}""");
        var before = shop.Outside.Count;

        var token = shop.BeginEvaluation(Trace);
        var one = await shop.CallAsync(token, "refund", """{"city":"Rotterdam","amount":11}""");
        var two = await shop.CallAsync(token, "refund", """{"city":"Rotterdam","amount":11}""");
        var never = await shop.CallAsync(token, "get_order");

        ToolShop.TextOf(one).ShouldContain("Rotterdam");
        one.Json.GetProperty("result").GetProperty("_meta").GetProperty("espalier/simulated").GetProperty("recorded_arguments").GetProperty("amount").GetInt32().ShouldBe(10);
        two.Body.ShouldBe(one.Body);
        ToolShop.TextOf(never).ShouldContain("no call of this tool was ever recorded");
        var usage = (await shop.Gateway.EndAsync(token)).Tools.ShouldNotBeNull();
        (usage.MissedSimulated, usage.MissedFailed, usage.Forwarded).ShouldBe((2, 1, 0));
        shop.Outside.Count.ShouldBe(before);
    }

    [Fact]
    public async Task Recordings_OfAnUntracedKey_AreNotKept()
    {
        await using var shop = await ToolShop.StartAsync();
        var token = shop.Gateway.Begin(shop.Context(Purpose.Production, Trace, null) with { Untraced = true });

        ToolShop.IsError(await shop.CallAsync(token, "get_order")).ShouldBeFalse();

        shop.Store.Recordings.ShouldBeEmpty();
        (await shop.Gateway.SpansAsync()).ShouldBeEmpty();
    }

    private static string Normal(string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return ToolFingerprints.Normalise(document.RootElement);
    }
}
