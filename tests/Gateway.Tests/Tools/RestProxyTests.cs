using System.Net;
using Espalier.Contracts.Traces;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Tests.Tools;

public sealed class RestProxyTests
{
    private const string Trace = "0123456789abcdef0123456789abcdef";

    private static int _answers;

    [Fact]
    public async Task Production_AllowedCalls_GoOutWithTheOperatorsHeadersAndAreReplayed()
    {
        await using var outside = await OutsideServer.StartAsync(Echo);
        await using var shop = await StartAsync(outside, "fail");
        var served = shop.BeginProduction(Trace);

        var read = await shop.SendAsync(HttpMethod.Get, served, "/tools/tickets/tickets/7?b=2&a=x%20y&key=" + served, null, ("Cookie", "c=1"), ("X-HTTP-Method-Override", "DELETE"), ("Accept", "application/json"));
        var written = await shop.SendAsync(HttpMethod.Post, served, "/tools/tickets/tickets", """{"title":"broken","n":1.0}""");

        read.Status.ShouldBe(200);
        read.Headers["x-espalier-tool"].ShouldBe("forwarded");
        written.Body.ShouldStartWith("POST");
        outside.Targets.ShouldBe(["GET /api/tickets/7?b=2&a=x%20y", "POST /api/tickets"]);
        var (_, headers, _) = outside.Requests.First();
        headers["authorization"].ShouldBe($"Bearer {ToolShop.Secret}");
        headers["accept"].ShouldBe("application/json");
        headers.Keys.ShouldNotContain("cookie");
        headers.Keys.ShouldNotContain("x-http-method-override");
        (await shop.Gateway.SpansAsync()).Where(span => span.Kind == SpanKind.Tool).Select(span => span.Name).ShouldBe(["GET /tickets/7", "POST /tickets"]);

        var token = shop.BeginEvaluation(Trace);
        (await shop.SendAsync(HttpMethod.Get, token, "/tools/tickets/tickets/7?a=x+y&b=2")).Body.ShouldBe(read.Body);
        (await shop.SendAsync(HttpMethod.Post, token, "/tools/tickets/tickets", """{"n":1,"title":"broken"}""")).Body.ShouldBe(written.Body);
        var missed = await shop.SendAsync(HttpMethod.Post, token, "/tools/tickets/tickets", """{"n":2,"title":"broken"}""");
        (missed.Status, missed.Error.GetProperty("message").GetString()!.Contains("No recording", StringComparison.Ordinal)).ShouldBe((424, true));
        outside.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Evaluation_Readonly_NothingButAPlainReadGoesOut()
    {
        await using var outside = await OutsideServer.StartAsync(Echo);
        await using var shop = await StartAsync(outside, "readonly");
        var token = shop.BeginEvaluation(Trace);

        foreach (var method in (string[])["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
            (await shop.SendAsync(new HttpMethod(method), token, "/tools/tickets/tickets/7", method is "POST" or "PUT" ? "{}" : null)).Status.ShouldBeOneOf(403, 424);
        foreach (var path in (string[])["/tools/tickets/admin", "/tools/tickets/tickets/7%2F..%2Fadmin", "/tools/tickets/tickets/..%5Cadmin", "/tools/tickets/tickets//7", "/tools/tickets/tickets/7?_method=DELETE", "/tools/tickets/tickets/%2e%2e/admin"])
            (await shop.SendAsync(HttpMethod.Get, token, path)).Status.ShouldBeOneOf(400, 403, 404);
        (await shop.SendAsync(HttpMethod.Get, token, "/tools/tickets/tickets/7", "{}")).Status.ShouldBe(400);
        outside.Requests.ShouldBeEmpty();

        (await shop.SendAsync(HttpMethod.Get, token, "/tools/tickets/tickets/7", null, ("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "DELETE"))).Status.ShouldBe(200);
        outside.Targets.ShouldBe(["GET /api/tickets/7"]);
        outside.Requests.Single().Headers.Keys.ShouldNotContain(name => name.Contains("override", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Path_ThatClimbsIntoAnotherTool_IsThatToolUnderItsOwnRules()
    {
        await using var outside = await OutsideServer.StartAsync(Echo);
        await using var shop = await StartAsync(outside, "readonly");

        var answer = await shop.SendAsync(HttpMethod.Post, shop.BeginEvaluation(Trace), "/tools/tickets/%2e%2e/shop/mcp", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"refund"}}""");

        answer.Status.ShouldBeOneOf(200, 400, 403, 404);
        outside.Requests.ShouldBeEmpty();
        shop.OutsideCalls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Redirect_ToElsewhere_IsAnsweredAndNotFollowed()
    {
        await using var elsewhere = await OutsideServer.StartAsync(Echo);
        await using var outside = await OutsideServer.StartAsync((http, _) =>
        {
            http.Response.StatusCode = 307;
            http.Response.Headers.Location = new Uri(elsewhere.Url, "/stolen").AbsoluteUri;
            return Task.CompletedTask;
        });
        await using var shop = await StartAsync(outside, "fail");

        var answer = await shop.SendAsync(HttpMethod.Post, shop.BeginProduction(), "/tools/tickets/tickets", "{}");

        answer.Status.ShouldBe(307);
        elsewhere.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Answer_OfBytesOrNone_IsReplayedAsItWas()
    {
        byte[] picture = [0x89, 0xFF, 0x00, 0x50];
        await using var outside = await OutsideServer.StartAsync(async (http, _) =>
        {
            http.Response.ContentType = "image/png";
            if (http.Request.Method == "POST") http.Response.StatusCode = 204;
            else await http.Response.Body.WriteAsync(picture, http.RequestAborted);
        });
        await using var shop = await StartAsync(outside, "fail");
        foreach (var token in (string[])[shop.BeginProduction(Trace), shop.BeginEvaluation(Trace)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/tools/tickets/tickets/7") { Headers = { { "x-api-key", token } } };
            using var response = await shop.Gateway.Http.SendAsync(request, ToolShop.Cancellation);
            (await response.Content.ReadAsByteArrayAsync(ToolShop.Cancellation)).ShouldBe(picture);
            response.Content.Headers.ContentType!.ToString().ShouldBe("image/png");
            (await shop.SendAsync(HttpMethod.Post, token, "/tools/tickets/tickets")).Status.ShouldBe(204);
        }

        outside.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Outside_Gone_IsAFailureOfTheTool()
    {
        var outside = await OutsideServer.StartAsync(Echo);
        await using var shop = await StartAsync(outside, "fail");
        await outside.DisposeAsync();
        var token = shop.BeginProduction();

        var answer = await shop.SendAsync(HttpMethod.Get, token, "/tools/tickets/tickets/7");

        answer.Status.ShouldBe(424);
        answer.Error.GetProperty("message").GetString().ShouldNotBeNull().ShouldContain("cannot be reached");
        (await shop.Gateway.EndAsync(token)).ToolError.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("169.254.169.254", true)]
    [InlineData("::ffff:169.254.169.254", true)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00:ec2::254", true)]
    [InlineData("2002:a9fe:a9fe::1", true)]
    [InlineData("64:ff9b::a9fe:a9fe", true)]
    [InlineData("100.100.100.200", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("224.0.0.1", true)]
    [InlineData("::", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("93.184.216.34", false)]
    [InlineData("2606:2800:220:1::1", false)]
    public void IsForbidden_Address_IsJudgedInEverySpelling(string address, bool forbidden) => Espalier.Gateway.Tools.ToolHttp.IsForbidden(IPAddress.Parse(address)).ShouldBe(forbidden);

    private static Task Echo(HttpContext http, string body) => http.Response.WriteAsync($"{http.Request.Method} {http.Request.Path} {body} #{Interlocked.Increment(ref _answers)}", http.RequestAborted);

    private static Task<ToolShop> StartAsync(OutsideServer outside, string miss) => ToolShop.StartAsync(others: $$"""
        tickets:
          http: {{outside.Url}}api
          allow: [GET /tickets/**, POST /tickets, PUT /tickets/*, DELETE /tickets/*]
          headers: { Authorization: "Bearer ${SHOP_TOKEN}" }
          secrets: [SHOP_TOKEN]
          miss: {{miss}}
        """);
}
