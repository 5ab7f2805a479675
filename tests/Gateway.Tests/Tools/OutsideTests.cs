namespace Espalier.Gateway.Tests.Tools;

/// <summary>What writes never reaches the outside in an evaluation, however it is asked for.</summary>
public sealed class OutsideTests
{
    private const string Trace = "0123456789abcdef0123456789abcdef";

    public static TheoryData<string> Policies { get; } = ["fail", "readonly", "simulate"];

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Evaluation_CallsThatWriteOrAreNotKnown_NeverGoOut(string miss)
    {
        await using var shop = await ToolShop.StartAsync($"miss: {miss}");
        await shop.CallAsync(shop.BeginProduction(Trace), "get_order", """{"id":1}""");
        var before = shop.OutsideCalls;
        var token = shop.BeginEvaluation(Trace);

        foreach (var tool in (string[])["refund", "plain", "both", "nobody-knows", "", "get_order ", "GET_ORDER", "get_order/../refund"])
            ToolShop.IsError(await shop.CallAsync(token, tool)).ShouldBeTrue($"{tool} under {miss}");
        foreach (var method in (string[])["resources/read", "prompts/get", "completion/complete", "resources/list", "made/up"])
            (await shop.PostAsync(token, $$$"""{"jsonrpc":"2.0","id":1,"method":"{{{method}}}","params":{"uri":"a","name":"refund"}}""")).Json.TryGetProperty("error", out _).ShouldBeTrue($"{method} under {miss}");
        await shop.PostAsync(token, """[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_order","arguments":{"id":1}}},{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"refund"}}]""");
        await shop.PostAsync(token, """{"jsonrpc":"2.0","method":"tools/call","params":{"name":"refund"}}""");
        await shop.PostAsync(token, """{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"refund","_meta":{"progressToken":1}}}""");
        await shop.PostAsync(token, """{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"refund","annotations":{"readOnlyHint":true}}}""");

        shop.OutsideCalls.ShouldBe(before);
        (await shop.Gateway.EndAsync(token)).Tools.ShouldNotBeNull().WritesBlocked.ShouldBeGreaterThanOrEqualTo(miss == "simulate" ? 10 : 12);
    }

    [Fact]
    public async Task Evaluation_AnnotationChangedAfterItWasListed_IsLookedAtAgain()
    {
        await using var shop = await ToolShop.StartAsync("miss: readonly");
        var served = shop.BeginProduction(Trace);
        await shop.CallAsync(served, "get_order");
        var token = shop.BeginEvaluation(Trace);
        ToolShop.IsError(await shop.CallAsync(token, "shifty", """{"n":1}""")).ShouldBeFalse("it says that it reads");
        // The list that evaluations look at first still says so.
        await shop.CallAsync(served, "change");

        var after = await shop.CallAsync(token, "shifty", """{"n":2}""");

        ToolShop.TextOf(after).ShouldContain("does not say of itself any more");
        shop.OutsideCalls.Count(line => line.StartsWith("shifty", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Evaluation_ParametersBesideNameAndArguments_AreNotPassedOn()
    {
        await using var shop = await ToolShop.StartAsync("miss: readonly");
        await shop.CallAsync(shop.BeginProduction(Trace), "get_order");

        await shop.PostAsync(shop.BeginEvaluation(Trace), """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_order","Name":"refund","tool":"refund","arguments":{"id":5}}}""");

        shop.OutsideCalls.ShouldBe(["get_order {}", """get_order {"id": 5}"""]);
    }

    [Theory]
    [InlineData("writes: always", "get_order", false)]
    [InlineData("writes: never", "refund", true)]
    [InlineData("writes: annotated", "get_order", true)]
    [InlineData("writes: annotated", "refund", false)]
    [InlineData("writes_by_name: { 'get_*': always }", "get_order", false)]
    [InlineData("writes_by_name: { refund: never }", "refund", true)]
    [InlineData("writes_by_name: { '*': never, 'ref*': always }", "refund", false)]
    [InlineData("writes_by_name: { '*': never, 'ref*': annotated }", "refund", false)]
    [InlineData("writes: never", "nobody-knows", false)]
    public async Task Evaluation_Declared_IsWhatCounts(string writes, string tool, bool goesOut)
    {
        await using var shop = await ToolShop.StartAsync($"miss: readonly\n{writes}");
        await shop.CallAsync(shop.BeginProduction(Trace), "slow", """{"seconds":0}""");

        await shop.CallAsync(shop.BeginEvaluation(Trace), tool);

        shop.OutsideCalls.Any(line => line.StartsWith(tool, StringComparison.Ordinal)).ShouldBe(goesOut);
    }

    [Theory]
    [InlineData("fail")]
    [InlineData("simulate")]
    public async Task Evaluation_WithoutReading_DoesNotEvenStartTheServer(string miss)
    {
        await using var shop = await ToolShop.StartAsync($"miss: {miss}");
        var token = shop.BeginEvaluation(Trace);
        await using var client = await shop.ConnectAsync(token);

        (await client.ListToolsAsync(cancellationToken: ToolShop.Cancellation)).ShouldBeEmpty("nothing was ever recorded");
        await shop.CallAsync(token, "get_order");

        shop.Outside.ShouldBeEmpty();
    }
}
