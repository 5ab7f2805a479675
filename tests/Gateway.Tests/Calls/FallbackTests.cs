using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Calls.Fallbacks;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Tests.Calls;

/// <summary>Who is asked when a model fails, by what kind of failure it was; always before the client has seen anything.</summary>
public sealed class FallbackTests
{
    private const string Message = """{"id":"m","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"from claude"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":3}}""";

    // As the vendors send them; each with the class that it is of.
    public static TheoryData<string, int, string> Failures => new()
    {
        { "rate_limit", 429, """{"error":{"message":"Rate limit reached for gpt-4.1-mini","type":"tokens","param":null,"code":"rate_limit_exceeded"}}""" },
        { "auth", 429, """{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}""" },
        { "auth", 401, """{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}""" },
        { "auth", 403, """{"error":{"message":"Project does not have access to model","type":"invalid_request_error","param":null,"code":"model_not_found"}}""" },
        { "overloaded", 503, """{"error":{"message":"The engine is currently overloaded","type":"server_error","param":null,"code":null}}""" },
        { "server_error", 500, """{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}""" },
        { "timeout", 504, "upstream request timeout" },
        { "context_length", 400, """{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""" },
        { "content_filter", 400, """{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}""" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Post_FailureOfAClass_OnlyTheModelThatHelpsAgainstItIsAsked(string kind, int status, string body)
    {
        foreach (var stream in (bool[])[false, true])
        {
            await using var server = await StartAsync(FakeModelServer.Json(status, body));
            await using var host = await GatewayHost.StartAsync(server, null,
                ("models.yaml", "slots: { triage: { model: gpt-4.1-mini } }"),
                ("router.yaml", $"fallbacks: {{ triage: [ {{ model: gemini-2.5-flash, on: [{(kind == "timeout" ? "overloaded" : "timeout")}] }}, {{ model: claude-sonnet-4-5, on: [{kind}] }} ] }}"));
            var token = host.Begin();
            var answer = await host.PostAsync("/v1/chat/completions", token, Prompts.Chat("triage", "x", more: stream ? ",\"stream\":true" : ""));
            answer.Status.ShouldBe(200, answer.Body);
            answer.Body.ShouldContain("from claude");
            answer.Headers["x-espalier-tried"].ShouldStartWith($"gpt-4.1-mini;role=primary;outcome={kind}, claude-sonnet-4-5;role=fallback;outcome=");
            server.Calls.Select(call => call.Target).ShouldBe(["POST /v1/chat/completions", "POST /v1/messages"]);
            var measure = await host.EndAsync(token);
            (measure.Usage.Attempts, measure.Usage.Cost, measure.ProviderError).ShouldBe((2, new Usd((9 * 3000) + (3 * 15000)), null));
            var spans = await host.SpansAsync();
            var attempts = spans.Where(span => span.Kind == SpanKind.Attempt).ToList();
            attempts.Select(span => (span.Role, span.Model, span.Attributes.GetValueOrDefault("failure"))).ShouldBe(
                [(AttemptRole.Primary, "gpt-4.1-mini", kind), (AttemptRole.Fallback, "claude-sonnet-4-5", null)]);
            var model = spans.Single(span => span.Kind == SpanKind.Model);
            (model.Model, model.Error, model.Output).ShouldBe(("claude-sonnet-4-5", null, "from claude"));
        }
    }

    [Theory]
    [InlineData("""{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"content_filter"}],"usage":{"prompt_tokens":9,"completion_tokens":0,"total_tokens":9}}""", false)]
    [InlineData("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\ndata: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\ndata: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":0,\"total_tokens\":9}}\n\ndata: [DONE]\n\n", true)]
    public async Task Post_FilteredWithStatus200_IsBilledAndAnotherModelIsAskedWhereOneIsNamed(string reply, bool stream)
    {
        foreach (var named in (bool[])[true, false])
        {
            await using var server = await StartAsync(stream ? FakeModelServer.Events(reply) : FakeModelServer.Json(200, reply));
            await using var host = await GatewayHost.StartAsync(server, options =>
            {
                if (named) options.Fallbacks["gpt-4.1-mini"] = [new FallbackOptions { Model = "claude-sonnet-4-5", On = ["content_filter"] }];
            });
            var answer = await host.PostAsync("/v1/chat/completions", host.Begin(), Prompts.Chat("gpt-4.1-mini", "x", more: stream ? ",\"stream\":true" : ""));
            answer.Status.ShouldBe(200);
            answer.Body.Contains("from claude", StringComparison.Ordinal).ShouldBe(named);
            var first = (await host.SpansAsync()).First(span => span.Kind == SpanKind.Attempt);
            first.Cost!.Value.Nano.ShouldBeGreaterThan(0);
            if (!named) answer.Body.ShouldContain("content_filter");
        }
    }

    [Fact]
    public async Task Post_ErrorEventBehindAnAnnouncement_IsBeforeTheFirstByteStill()
    {
        const string announced = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n"
            + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
        await using var server = await FakeModelServer.StartAsync(http => http.Request.Path == "/v1/messages" ? FakeModelServer.Events(announced)(http) : FakeModelServer.Json(500, "{}")(http));
        await using var host = await GatewayHost.StartAsync(server, options => options.Fallbacks["claude-sonnet-4-5"] = [new FallbackOptions { Model = "local/char-nn", On = ["overloaded"] }]);
        var answer = await host.PostAsync("/v1/messages", host.Begin(), """{"model":"claude-sonnet-4-5","max_tokens":9,"stream":true,"system":"- abc","messages":[{"role":"user","content":"abc"}]}""");
        answer.Status.ShouldBe(200, answer.Body);
        answer.Body.ShouldNotContain("Overloaded");
        answer.Body.ShouldContain("\"text\":\"abc\"");
    }

    [Fact]
    public async Task Post_StreamBreaksBehindItsFirstWord_NobodyElseIsAsked()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Events("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"begun\"}}]}\n\n"));
        await using var host = await GatewayHost.StartAsync(server, options => options.Fallbacks["gpt-4.1-mini"] = [new FallbackOptions { Model = "claude-sonnet-4-5" }]);
        var answer = await host.PostAsync("/v1/chat/completions", host.Begin(), Prompts.Chat("gpt-4.1-mini", "x", more: ",\"stream\":true"));
        answer.Body.ShouldContain("begun");
        answer.Body.ShouldContain("\"error\"");
        server.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Post_RequestItselfIsWrongOrBelongsToAProvider_NobodyElseIsAsked()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(400, """{"error":{"message":"Invalid value: 'x'","type":"invalid_request_error","param":"y","code":"invalid_value"}}"""), FakeModelServer.Json(500, "{}"));
        await using var host = await GatewayHost.StartAsync(server, options => options.Fallbacks["gpt-4.1-mini"] = [new FallbackOptions { Model = "claude-sonnet-4-5" }]);
        (await host.PostAsync("/v1/chat/completions", host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"))).Status.ShouldBe(400);
        (await host.PostAsync("/v1/responses", host.Begin(), """{"model":"gpt-4.1-mini","input":"y","previous_response_id":"resp_1"}""")).Status.ShouldBe(500);
        server.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Post_AllFail_TheLastErrorIsToldAndEachModelWasAskedOnce()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(500, """{"error":{"message":"no luck"}}"""));
        await using var host = await GatewayHost.StartAsync(server, options =>
            options.Fallbacks["gpt-4.1-mini"] = [new FallbackOptions { Model = "claude-sonnet-4-5" }, new FallbackOptions { Model = "gpt-4.1-mini" }, new FallbackOptions { Model = "gemini-2.5-flash" }]);
        var answer = await host.PostAsync("/v1/chat/completions", host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"));
        answer.Status.ShouldBe(500);
        answer.Headers["x-espalier-tried"].Split(", ").Length.ShouldBe(3);
        answer.Headers["x-espalier-attempts"].ShouldBe("3");
        server.Calls.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("fallbacks: { triage: [ { model: local/char-nn, on: [tiemout] } ] }", "tiemout")]
    [InlineData("fallbacks: { triage: [ { model: nobody/has-it } ] }", "nobody/has-it")]
    [InlineData("fallbacks: { triage: [] }", "0 models")]
    [InlineData("fallbacks: { triage: [ { model: local/char-nn, when: [timeout] } ] }", "when")]
    public async Task Post_WrongRule_IsRefusedWithLineAndFix(string router, string said)
    {
        await using var host = await GatewayHost.StartAsync(null, ("models.yaml", "slots: { triage: { model: local/char-nn } }"), ("router.yaml", router));
        var answer = await host.PostAsync(host.Begin(), Prompts.Chat("triage", "x"));
        (answer.Status, answer.Error.GetProperty("code").GetString()).ShouldBe((400, "policy_invalid"));
        answer.Error.GetProperty("message").GetString()!.ShouldContain(said);
    }

    [Fact]
    public void FallbackPlans_WrongWordInTheOptions_IsToldAtTheStart() =>
        Should.Throw<OptionsValidationException>(() => new FallbackPlans(
            Options.Create(new GatewayOptions { Fallbacks = { ["m"] = [new FallbackOptions { Model = "x", On = ["ratelimit"] }] } }), TimeProvider.System)).Message.ShouldContain("rate_limit");

    private static Task<FakeModelServer> StartAsync(Func<HttpContext, Task> first) =>
        FakeModelServer.StartAsync(http => http.Request.Path == "/v1/messages" ? FakeModelServer.Json(200, Message)(http) : first(http));
}
