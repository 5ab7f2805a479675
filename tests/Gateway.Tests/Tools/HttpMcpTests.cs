using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Tests.Tools;

/// <summary>MCP servers at an address: JSON and events, sessions that are forgotten, answers that break off.</summary>
public sealed class HttpMcpTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_OverJsonOrEvents_IsAnsweredWithTheOperatorsHeaders(bool events)
    {
        await using var outside = await OutsideServer.StartAsync(new McpScript { Events = events }.AnswerAsync);
        await using var shop = await StartAsync(outside);
        await using var client = await shop.ConnectAsync(shop.BeginProduction(), "remote");

        (await client.ListToolsAsync(cancellationToken: ToolShop.Cancellation)).Select(tool => tool.Name).ShouldBe(["look", "send"]);
        var answer = await client.CallToolAsync("look", cancellationToken: ToolShop.Cancellation);

        answer.IsError.ShouldNotBe(true);
        outside.Requests.ShouldAllBe(request => request.Headers["x-token"] == $"t {ToolShop.Secret}");
        outside.Requests.Skip(1).ShouldAllBe(request => request.Headers["mcp-session-id"] == "s1" && request.Headers["mcp-protocol-version"] == "2025-06-18");
    }

    [Fact]
    public async Task Session_ForgottenByTheServer_IsBegunAgainWithTheNextCall()
    {
        var script = new McpScript();
        await using var outside = await OutsideServer.StartAsync(script.AnswerAsync);
        await using var shop = await StartAsync(outside);
        var token = shop.BeginProduction();
        ToolShop.IsError(await CallAsync(shop, token, "look")).ShouldBeFalse();
        script.Forgets = true;

        var forgotten = await CallAsync(shop, token, "look");
        script.Forgets = false;
        var after = await CallAsync(shop, token, "look");

        ToolShop.IsError(forgotten).ShouldBeTrue("a call that may have done something is not made twice");
        ToolShop.IsError(after).ShouldBeFalse();
    }

    [Fact]
    public async Task Redirect_OfAServer_IsNotFollowed()
    {
        await using var elsewhere = await OutsideServer.StartAsync(new McpScript().AnswerAsync);
        await using var outside = await OutsideServer.StartAsync((http, _) =>
        {
            http.Response.Redirect(elsewhere.Url.AbsoluteUri, permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        });
        await using var shop = await StartAsync(outside);

        ToolShop.TextOf(await CallAsync(shop, shop.BeginProduction(), "look")).ShouldContain("not followed");

        elsewhere.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("text/event-stream", "data: {\"jsonrpc\":\"2.0\"", "without a result|broke off")]
    [InlineData("application/json", "<html>", "something else than JSON")]
    [InlineData("application/json", "{\"jsonrpc\":\"2.0\",\"id\":99999,\"result\":{}}", "without a result")]
    [InlineData("application/json", "[]", "without a result")]
    public async Task Answer_Broken_IsAFailureInWords(string type, string body, string expected)
    {
        var script = new McpScript { Broken = (type, body) };
        await using var outside = await OutsideServer.StartAsync(script.AnswerAsync);
        await using var shop = await StartAsync(outside);

        var text = ToolShop.TextOf(await CallAsync(shop, shop.BeginProduction(), "look"));

        expected.Split('|').Any(text.Contains).ShouldBeTrue(text);
    }

    private static Task<Fakes.Answer> CallAsync(ToolShop shop, string token, string tool) =>
        shop.PostAsync(token, $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{tool}}}"}}""", "/tools/remote/mcp");

    private static Task<ToolShop> StartAsync(OutsideServer outside) => ToolShop.StartAsync(others: $$"""
        remote:
          mcp: http
          url: {{outside.Url}}mcp
          headers: { X-Token: "t ${SHOP_TOKEN}" }
          secrets: [SHOP_TOKEN]
        """);

    private sealed class McpScript
    {
        public bool Events { get; init; }

        public bool Forgets { get; set; }

        public (string Type, string Body)? Broken { get; init; }

        public async Task AnswerAsync(HttpContext http, string body)
        {
            if (http.Request.Method != "POST" || body.Length == 0)
            {
                http.Response.StatusCode = 405;
                return;
            }

            using var message = JsonDocument.Parse(body);
            var method = message.RootElement.GetProperty("method").GetString();
            if (!message.RootElement.TryGetProperty("id", out var id))
            {
                http.Response.StatusCode = 202;
                return;
            }

            if (Forgets && method == "tools/call")
            {
                http.Response.StatusCode = 404;
                return;
            }

            if (Broken is { } broken && method == "tools/call")
            {
                http.Response.ContentType = broken.Type;
                await http.Response.WriteAsync(broken.Body, http.RequestAborted);
                return;
            }

            if (method == "initialize") http.Response.Headers["Mcp-Session-Id"] = "s1";
            var result = method switch
            {
                "initialize" => """{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"remote","version":"1"}}""",
                "tools/list" => """{"tools":[{"name":"look","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},{"name":"send","inputSchema":{"type":"object"}}]}""",
                _ => """{"content":[{"type":"text","text":"seen"}]}""",
            };
            var answer = $$"""{"jsonrpc":"2.0","id":{{id.GetRawText()}},"result":{{result}}}""";
            http.Response.ContentType = Events ? "text/event-stream" : "application/json";
            await http.Response.WriteAsync(
                Events ? $": hello\n\nevent: message\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{{}}}}\n\nevent: message\ndata: {answer}\n\n" : answer, http.RequestAborted);
        }
    }
}
