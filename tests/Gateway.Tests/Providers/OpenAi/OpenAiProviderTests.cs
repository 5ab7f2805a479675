using System.Text.Json;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Http;
using static Espalier.Gateway.Tests.Fakes.FakeModelServer;

namespace Espalier.Gateway.Tests.Providers.OpenAi;

public sealed class OpenAiProviderTests
{
    private const string Reply =
        """{"id":"c1","object":"chat.completion", "odd":[1.50],"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,"prompt_tokens_details":{"cached_tokens":40}}}""";

    private const string Chunks =
        "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"h\"}}],\"usage\":null}\n\n"
        + ": ping\n\ndata: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"i\"},\"finish_reason\":\"stop\"}],\"usage\":null}\r\n\r\n";

    private const string UsageChunk = "data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10,\"total_tokens\":110}}\n\n";

    // 60 x 400 + 40 x 100 + 10 x 1600 nano-dollars.
    private const long Bill = 44_000;

    [Fact]
    public async Task Post_PlainOrPrefixedName_PassesTheBytesThroughBothWays()
    {
        await using var server = await FakeModelServer.StartAsync(Json(200, Reply));
        await using var host = await StartAsync(server);
        var token = host.Begin();
        const string body = """{ "model": "gpt-4.1-mini" , "messages":[{"role":"user","content":"\u00e4"}], "unknown": {"a":1.0} }""";
        var answer = await host.PostAsync(token, body);
        answer.Body.ShouldBe(Reply);
        await host.PostAsync(token, body.Replace("gpt-4", "openai/gpt-4", StringComparison.Ordinal));
        var requests = server.Requests.ToArray();
        requests[0].ShouldBe((body, "Bearer sk-server"));
        requests[1].Body.ShouldBe(body, "only the model's name is changed, in its place");
        (await host.EndAsync(token)).Usage.Cost.ShouldBe(new Usd(2 * Bill));
        var attempt = (await host.SpansAsync()).First(span => span.Kind == SpanKind.Attempt);
        attempt.Usage.ShouldBe(new TokenUsage { InputUncached = 60, CacheRead = 40, OutputText = 10 });
        attempt.Attributes["usage.received"].ShouldContain("\"cached_tokens\":40");
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(",\"stream_options\":{\"include_usage\":false,\"other\":1}", false)]
    [InlineData(",\"stream_options\":{\"include_usage\":true}", true)]
    public async Task Post_Stream_AlwaysLearnsTheUsageAndShowsItOnlyWhenAsked(string more, bool shown)
    {
        await using var server = await FakeModelServer.StartAsync(Events(Chunks + UsageChunk + "data: [DONE]\n\n"));
        await using var host = await StartAsync(server);
        var token = host.Begin();
        var answer = await host.PostAsync(token, Prompts.Chat("gpt-4.1-mini", "x", more: ",\"stream\":true" + more));
        answer.Body.Contains("\"prompt_tokens\"", StringComparison.Ordinal).ShouldBe(shown);
        answer.Body.ShouldContain("{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"i\"},\"finish_reason\":\"stop\"}],\"usage\":null}");
        answer.Body.ShouldEndWith("data: [DONE]\n\n");
        JsonDocument.Parse(server.Requests.Single().Body).RootElement.GetProperty("stream_options").GetProperty("include_usage").GetBoolean().ShouldBeTrue();
        (await host.EndAsync(token)).Usage.Cost.ShouldBe(new Usd(100 * 400 + 10 * 1600));
        (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Model).Output.ShouldBe("hi");
    }

    [Fact]
    public async Task Post_FailsTwiceThenAnswers_IsRetriedAndOnlyTheAnswerIsBilled()
    {
        await using var server = await FakeModelServer.StartAsync(
            Json(429, """{"error":{"message":"slow down"}}""", ("retry-after-ms", "1")), Json(503, "busy", ("retry-after", "0")), Json(200, Reply));
        await using var host = await StartAsync(server);
        var token = host.Begin();
        (await host.PostAsync(token, Prompts.Chat("gpt-4.1-mini", "x"))).Status.ShouldBe(200);
        var measure = await host.EndAsync(token);
        (measure.Usage.Attempts, measure.Usage.Cost, measure.ProviderError).ShouldBe((3, new Usd(Bill), null));
        var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.Select(span => span.Role).ShouldBe([AttemptRole.Primary, AttemptRole.Retry, AttemptRole.Retry]);
        attempts.Select(span => span.Cost).ShouldBe([Usd.Zero, Usd.Zero, new Usd(Bill)]);
        attempts[0].Error.ShouldNotBeNull().ShouldContain("slow down");
    }

    [Fact]
    public async Task Post_KeepsFailing_PassesTheProvidersErrorOnAndRemembersIt()
    {
        const string error = """{"error":{"message":"no luck","type":"api_error","param":null,"code":"x"}}""";
        await using var server = await FakeModelServer.StartAsync(Json(500, error, ("retry-after-ms", "1")));
        await using var host = await StartAsync(server);
        foreach (var stream in (string[])["", ",\"stream\":true"])
        {
            var token = host.Begin();
            var answer = await host.PostAsync(token, Prompts.Chat("gpt-4.1-mini", "x", more: stream));
            (answer.Status, answer.Body).ShouldBe((500, error));
            var measure = await host.EndAsync(token);
            (measure.Usage.Attempts, measure.Usage.Cost).ShouldBe((3, Usd.Zero));
            measure.ProviderError.ShouldNotBeNull().ShouldContain("no luck");
        }
    }

    [Theory]
    [InlineData(400, 400, 1)]
    [InlineData(401, 502, 1)]
    [InlineData(302, 502, 1)]
    public async Task Post_OtherErrors_AreNotRetried(int sent, int shown, int attempts)
    {
        await using var server = await FakeModelServer.StartAsync(Json(sent, """{"error":{"message":"bad"}}"""));
        await using var host = await StartAsync(server);
        (await host.PostAsync(host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"))).Status.ShouldBe(shown);
        server.Requests.Count.ShouldBe(attempts);
    }

    [Fact]
    public async Task Post_RetryAfterTooLong_IsPassedOnAtOnce()
    {
        await using var server = await FakeModelServer.StartAsync(Json(429, "{}", ("retry-after", "3600")));
        await using var host = await StartAsync(server);
        (await host.PostAsync(host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"))).Status.ShouldBe(429);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Post_ServerAway_IsA502ThatSaysWhatToCheck()
    {
        await using var host = await GatewayHost.StartAsync(options =>
        {
            options.OpenAi.BaseUrl = new Uri("http://127.0.0.1:9/v1");
            options.MaxRetries = 1;
        });
        var token = host.Begin();
        var answer = await host.PostAsync(token, Prompts.Chat("gpt-4.1-mini", "x"));
        answer.Status.ShouldBe(502);
        answer.Error.GetProperty("message").GetString()!.ShouldContain("OPENAI_BASE_URL");
        var measure = await host.EndAsync(token);
        (measure.Usage.Attempts, measure.Usage.Cost).ShouldBe((2, Usd.Zero));
    }

    [Fact]
    public async Task Post_NoAnswerInTime_Is504AndCountedByEstimate()
    {
        await using var server = await FakeModelServer.StartAsync(http => Task.Delay(Timeout.Infinite, http.RequestAborted));
        await using var host = await StartAsync(server, options => options.OpenAi.WholeTimeout = TimeSpan.FromMilliseconds(200));
        var token = host.Begin();
        (await host.PostAsync(token, Prompts.Chat("gpt-4.1-mini", "x"))).Status.ShouldBe(504);
        (await host.EndAsync(token)).Usage.Cost!.Value.Nano.ShouldBeGreaterThan(0);
        (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt).Attributes["usage"].ShouldBe("estimated");
    }

    [Fact]
    public async Task Post_AnswerThatIsNoCompletionOrWithoutUsage_IsToldAndEstimated()
    {
        await using var server = await FakeModelServer.StartAsync(Json(200, "<html>"), Json(200, """{"choices":[{"message":{"content":"12345678"}}]}"""));
        await using var host = await StartAsync(server);
        (await host.PostAsync(host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"))).Status.ShouldBe(502);
        (await host.PostAsync(host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"))).Content.ShouldBe("12345678");
        (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt)
            .ShouldAllBe(span => span.Attributes["usage"] == "estimated" && span.CostReason!.StartsWith("estimated") && span.Cost!.Value.Nano > 0);
    }

    [Fact]
    public async Task Post_StreamBreaksOffInTheMiddle_EndsWithAnErrorEventAndIsBilled()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            await Events(Chunks)(http);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await seen.Task;
            http.Abort();
        });
        await using var host = await StartAsync(server);
        var token = host.Begin();
        using var request = Streamed(token);
        using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, GatewayHost.Cancellation);
        seen.SetResult();
        var body = await response.Content.ReadAsStringAsync(GatewayHost.Cancellation);
        body.TrimEnd().Split("data: ")[^1].ShouldContain("\"error\"");
        server.Requests.Count.ShouldBe(1, "what the client has seen is not asked for again");
        var measure = await host.EndAsync(token);
        measure.ProviderError.ShouldNotBeNull();
        measure.Usage.Cost!.Value.Nano.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Post_ErrorInsideAStream_IsAFailureInTheTrace()
    {
        await using var server = await FakeModelServer.StartAsync(Events(Chunks + "data: {\"error\":{\"message\":\"overloaded\"}}\n\n"));
        await using var host = await StartAsync(server);
        var token = host.Begin();
        await host.PostAsync(token, Prompts.Chat("gpt-4.1-mini", "x", more: ",\"stream\":true"));
        (await host.EndAsync(token)).ProviderError.ShouldBe("overloaded");
        (await host.SpansAsync()).ShouldAllBe(span => span.Error == "overloaded");
    }

    [Fact]
    public async Task Post_ClientGoesAwayMidStream_TheUsageIsStillRead()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            await Events(Chunks)(http);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await gone.Task;
            await http.Response.WriteAsync(UsageChunk + "data: [DONE]\n\n", http.RequestAborted);
        });
        await using var host = await StartAsync(server);
        var token = host.Begin();
        using (var request = Streamed(token))
        {
            using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, GatewayHost.Cancellation);
            await using var stream = await response.Content.ReadAsStreamAsync(GatewayHost.Cancellation);
            (await stream.ReadAsync(new byte[10], GatewayHost.Cancellation)).ShouldBeGreaterThan(0);
        }

        var ending = host.EndAsync(token);
        gone.SetResult();
        (await ending).Usage.Cost.ShouldBe(new Usd(100 * 400 + 10 * 1600));
    }

    [Fact]
    public async Task Post_PriceUnknown_IsRefusedUnderALimitAndNullWithoutOne()
    {
        await using var server = await FakeModelServer.StartAsync(Json(200, Reply));
        await using var host = await StartAsync(server);
        var limited = host.Begin();
        var refused = await host.PostAsync(limited, Prompts.Chat("house-model", "x"));
        refused.Status.ShouldBe(402);
        refused.Body.ShouldContain("house-model");
        (await host.EndAsync(limited)).RefusedByBudget.ShouldBeTrue();

        // As a contract may say.
        var flagged = host.Begin(GatewayHost.Context() with { UnknownPrice = UnknownPricePolicy.AllowAndFlag });
        (await host.PostAsync(flagged, Prompts.Chat("house-model", "x"))).Status.ShouldBe(200);
        (await host.EndAsync(flagged)).Usage.Cost.ShouldBeNull();
        var blocked = host.Begin(GatewayHost.Context(new Usd(long.MaxValue)) with { UnknownPrice = UnknownPricePolicy.Block });
        (await host.PostAsync(blocked, Prompts.Chat("house-model", "x"))).Status.ShouldBe(402);

        var free = host.Begin(GatewayHost.Context(new Usd(long.MaxValue)));
        (await host.PostAsync(free, Prompts.Chat("house-model", "x"))).Status.ShouldBe(200);
        (await host.EndAsync(free)).Usage.Cost.ShouldBeNull();
        var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.Count.ShouldBe(2);
        attempts.ShouldAllBe(attempt => attempt.Cost == null && attempt.CostReason == "no price for house-model");
    }

    [Fact]
    public async Task Post_CascadeFromAServerThatIsDown_GoesOnToTheNextModel()
    {
        await using var server = await FakeModelServer.StartAsync(Json(400, "{}"));
        await using var host = await GatewayHost.StartAsync(
            options => options.OpenAi.BaseUrl = server.BaseUrl,
            ("models.yaml", "slots: { triage: { model: local/char-nn } }"),
            ("router.yaml", "routes: { triage: { cascade: [ { model: gpt-4.1-nano, below: 0.5 }, { model: local/char-nn } ] } }"));
        var token = host.Begin();
        (await host.PostAsync(token, Prompts.Chat("triage", "parcel not arrived"))).Content.ShouldBe("delivery_late");
        JsonDocument.Parse(server.Requests.Single().Body).RootElement.GetProperty("logprobs").GetBoolean().ShouldBeTrue();
        (await host.EndAsync(token)).ProviderError.ShouldBeNull("the agent was shown none");
    }

    private static HttpRequestMessage Streamed(string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Prompts.Chat("gpt-4.1-mini", "x", more: ",\"stream\":true")),
        };
        request.Headers.Add("x-api-key", token);
        return request;
    }

    private static Task<GatewayHost> StartAsync(FakeModelServer server, Action<GatewayOptions>? configure = null) => GatewayHost.StartAsync(options =>
    {
        options.OpenAi.BaseUrl = server.BaseUrl;
        options.OpenAi.ApiKey = "sk-server";
        configure?.Invoke(options);
    });
}
