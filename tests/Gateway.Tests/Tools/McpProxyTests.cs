using System.Text.Json;
using Espalier.Contracts.Traces;
using ModelContextProtocol.Protocol;

namespace Espalier.Gateway.Tests.Tools;

public sealed class McpProxyTests
{
    [Fact]
    public async Task Client_ListsAndCalls_ReachesTheServerAndIsTraced()
    {
        await using var shop = await ToolShop.StartAsync();
        var token = shop.BeginProduction();
        await using var client = await shop.ConnectAsync(token);

        client.ServerInfo.ShouldNotBeNull().Name.ShouldBe("shop");
        client.ServerInstructions.ShouldBe("Look up orders.");
        (await client.ListToolsAsync(cancellationToken: ToolShop.Cancellation)).Select(tool => tool.Name).ShouldContain("get_order");
        var result = await client.CallToolAsync("get_order", new Dictionary<string, object?> { ["id"] = 7 }, cancellationToken: ToolShop.Cancellation);

        result.Content.OfType<TextContentBlock>().Single().Text.ShouldStartWith("""get_order {"id": 7}""");
        shop.OutsideCalls.ShouldBe(["""get_order {"id": 7}"""]);
        shop.Outside.ShouldContain("refused -32601", "what a server asks of its client is refused");
        var measure = await shop.Gateway.EndAsync(token);
        measure.Tools.ShouldNotBeNull().Forwarded.ShouldBe(1);
        var span = (await shop.Gateway.SpansAsync()).Single(span => span.Kind == SpanKind.Tool);
        span.Input.ShouldBe("""{"id":7}""");
        span.Output.ShouldNotBeNull().ShouldContain("get_order");
        span.Details!.Tool.ShouldBe("get_order");
        span.Error.ShouldBeNull();
        span.Attributes["espalier.tool.server"].ShouldBe("shop");
        span.Attributes["espalier.tool.source"].ShouldBe("forwarded");
        shop.Store.Recordings.Single().Operation.ShouldBe("tools/call get_order");
    }

    [Fact]
    public async Task Call_UnknownMembersOfTheAnswer_ComeThroughAsTheyWere()
    {
        await using var shop = await ToolShop.StartAsync();

        var answer = await shop.CallAsync(shop.BeginProduction(), "get_order");

        answer.Body.ShouldContain("""{"kept": [1.5, "ä"]}""");
    }

    [Fact]
    public async Task Call_WithProgress_IsToldAsEvents()
    {
        await using var shop = await ToolShop.StartAsync();

        // Not by the client: it listens to progress no more once it has read the answer, and reads both at the same time.
        var answer = await shop.PostAsync(
            shop.BeginProduction(), """{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"progress","_meta":{"progressToken":"mine"}}}""", headers: ("Accept", "application/json, text/event-stream"));

        answer.ContentType.ShouldBe("text/event-stream");
        var messages = answer.Body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => JsonDocument.Parse(line[6..]).RootElement).ToList();
        messages.SkipLast(1).Select(message => (message.GetProperty("params").GetProperty("progressToken").GetString(), message.GetProperty("params").GetProperty("progress").GetInt32()))
            .ShouldBe([("mine", 1), ("mine", 2)]);
        messages[^1].GetProperty("id").GetInt32().ShouldBe(9);
    }

    [Fact]
    public async Task Server_DiesInTheMiddle_CallFailsAndTheNextOneIsAnswered()
    {
        await using var shop = await ToolShop.StartAsync();
        var token = shop.BeginProduction();
        await using var client = await shop.ConnectAsync(token);

        var crashed = await client.CallToolAsync("crash", cancellationToken: ToolShop.Cancellation);
        var after = await client.CallToolAsync("get_order", cancellationToken: ToolShop.Cancellation);

        crashed.IsError.ShouldBe(true);
        crashed.Content.OfType<TextContentBlock>().Single().Text.ShouldContain("is gone");
        after.IsError.ShouldNotBe(true);
        shop.Processes.Started.Count.ShouldBe(2);
        var measure = await shop.Gateway.EndAsync(token);
        measure.Tools.ShouldNotBeNull().Failed.ShouldBe(1);
        measure.ToolError.ShouldNotBeNull().ShouldContain("'shop'");
        (await shop.Gateway.SpansAsync()).Where(span => span.Kind == SpanKind.Tool).Select(span => span.Error is null).ShouldBe([false, true]);
        shop.Store.Recordings.Count.ShouldBe(1, "what was not answered cannot be given again");
    }

    [Fact]
    public async Task Server_DiesAgainAndAgain_IsNotStartedForEver()
    {
        await using var shop = await ToolShop.StartAsync(configure: options => options.Tools.MaxStartsPerMinute = 2);
        var token = shop.BeginProduction();

        for (var i = 0; i < 2; i++) ToolShop.IsError(await shop.CallAsync(token, "crash")).ShouldBeTrue();
        var third = await shop.CallAsync(token, "get_order");

        ToolShop.TextOf(third).ShouldContain("2 times within a minute");
        shop.Processes.Started.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Call_TooSlow_IsGivenUp()
    {
        await using var shop = await ToolShop.StartAsync("timeout: 300ms");

        var answer = await shop.CallAsync(shop.BeginProduction(), "slow", """{"seconds":30}""");

        ToolShop.TextOf(answer).ShouldBe("'shop' did not answer within 0.3 s.");
    }

    [Fact]
    public async Task Answer_TooLarge_IsRefused()
    {
        await using var shop = await ToolShop.StartAsync("max_answer_kb: 64");

        var answer = await shop.CallAsync(shop.BeginProduction(), "large", """{"bytes":200000}""");

        ToolShop.TextOf(answer).ShouldContain("more than 64 KiB");
    }

    [Fact]
    public async Task Secret_InAnAnswer_ReachesNeitherAgentNorTraceNorRecording()
    {
        await using var shop = await ToolShop.StartAsync();

        var answer = await shop.CallAsync(shop.BeginProduction(), "secret");

        ToolShop.TextOf(answer).ShouldStartWith("the secret is *** and HOME is None, PATH set: True, leaked: None");
        string.Join('\n', (await shop.Gateway.SpansAsync()).Select(span => span.Output)).ShouldNotContain(ToolShop.Secret);
        shop.Store.Recordings.Single().Answer.ShouldNotContain(ToolShop.Secret);
    }

    [Fact]
    public async Task Declaration_NotTrusted_StartsNothing()
    {
        await using var shop = await ToolShop.StartAsync(trust: false);
        var token = shop.BeginProduction();

        ToolShop.TextOf(await shop.CallAsync(token, "get_order")).ShouldContain("espalier tools trust");
        await shop.TrustAsync();
        ToolShop.IsError(await shop.CallAsync(token, "get_order")).ShouldBeFalse();
        var before = shop.Processes.Started.Count;
        await shop.Store.DistrustAsync("support-triage", "shop", ToolShop.Cancellation);
        ToolShop.TextOf(await shop.CallAsync(token, "get_order")).ShouldContain("not trusted yet");
        await shop.Store.TrustAsync("support-triage", "shop", "another-declaration", "me", ToolShop.Cancellation);
        ToolShop.TextOf(await shop.CallAsync(token, "get_order")).ShouldContain("in another way");

        before.ShouldBe(1);
        shop.Processes.Started.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Run_TooManyCalls_IsStopped()
    {
        await using var shop = await ToolShop.StartAsync(configure: options => options.Tools.MaxCallsPerRun = 2);
        var token = shop.BeginProduction();

        for (var i = 0; i < 2; i++) ToolShop.IsError(await shop.CallAsync(token, "get_order")).ShouldBeFalse();

        ToolShop.TextOf(await shop.CallAsync(token, "get_order")).ShouldContain("2 times");
        shop.OutsideCalls.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("{", 400, -32700)]
    [InlineData("[]", 400, -32600)]
    [InlineData("7", 400, -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":null,"method":"ping"}""", 400, -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}""", 400, -32700)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_order","name":"refund"}}""", 400, -32700)]
    [InlineData("""{"jsonrpc":"1.0","id":1,"method":"ping"}""", 400, -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}""", 200, -32600)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}""", 200, -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_order","arguments":"x"}}""", 200, -32602)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage"}""", 200, -32601)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"a"}}""", 200, -32601)]
    public async Task Post_BadMessage_IsAnErrorOfJsonRpcAndReachesNothing(string body, int status, int code)
    {
        await using var shop = await ToolShop.StartAsync();

        var answer = await shop.PostAsync(shop.BeginProduction(), body);

        (answer.Status, answer.Error.GetProperty("code").GetInt32()).ShouldBe((status, code));
        answer.Error.GetProperty("message").GetString().ShouldNotBeNullOrWhiteSpace();
        shop.Outside.ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_TooLargeOrTooDeep_IsRefused()
    {
        await using var shop = await ToolShop.StartAsync(configure: options => options.Tools.MaxBodyBytes = 4096);
        var token = shop.BeginProduction();

        (await shop.PostAsync(token, new string(' ', 5000))).Status.ShouldBe(413);
        (await shop.PostAsync(token, new string('[', 2000) + new string(']', 2000))).Error.GetProperty("code").GetInt32().ShouldBe(-32700);
    }

    [Fact]
    public async Task Doors_WithoutAKeyOrAnotherTool_AreClosed()
    {
        await using var shop = await ToolShop.StartAsync();
        var token = shop.BeginProduction();
        const string Ping = """{"jsonrpc":"2.0","id":1,"method":"ping"}""";

        (await shop.PostAsync("espr_nobody", Ping)).Status.ShouldBe(401);
        (await shop.PostAsync(token, Ping, "/tools/other/mcp")).Error.GetProperty("message").GetString().ShouldNotBeNull().ShouldContain("shop");
        (await shop.PostAsync(token, Ping, "/tools/shop/else")).Status.ShouldBe(404);
        (await shop.SendAsync(HttpMethod.Get, token, "/tools/shop/mcp")).Status.ShouldBe(405);
        (await shop.PostAsync(token, Ping, headers: ("MCP-Protocol-Version", "1999-01-01"))).Status.ShouldBe(400);
        (await shop.PostAsync(token, Ping)).Body.ShouldBe("""{"jsonrpc":"2.0","id":1,"result":{}}""");
    }

    [Fact]
    public async Task Session_Ended_IsNotKnownAnyMore()
    {
        await using var shop = await ToolShop.StartAsync();
        var token = shop.BeginProduction();
        var begun = await shop.PostAsync(token, """{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""");
        var session = ("Mcp-Session-Id", begun.Headers["mcp-session-id"]);
        const string Ping = """{"jsonrpc":"2.0","id":1,"method":"ping"}""";

        begun.Json.GetProperty("result").GetProperty("protocolVersion").GetString().ShouldBe("2025-03-26");
        begun.Json.GetProperty("result").GetProperty("capabilities").GetRawText().ShouldBe("""{"tools":{},"resources":{}}""");
        (await shop.PostAsync(token, """{"jsonrpc":"2.0","method":"notifications/initialized"}""", headers: session)).Status.ShouldBe(202);
        (await shop.PostAsync(token, Ping, headers: session)).Status.ShouldBe(200);
        (await shop.SendAsync(HttpMethod.Delete, token, "/tools/shop/mcp", headers: session)).Status.ShouldBe(204);
        (await shop.PostAsync(token, Ping, headers: session)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Batch_OfMessages_AnswersEachRequest()
    {
        await using var shop = await ToolShop.StartAsync();

        var answer = await shop.PostAsync(shop.BeginProduction(), """
            [{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"get_order"}},7]
            """);

        answer.Json.EnumerateArray().Select(one => one.TryGetProperty("result", out _)).ShouldBe([true, true, false]);
    }
}
