using System.Net;
using System.Text;
using System.Text.Json;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting.Deferred;
using Espalier.Gateway.Tests.Fakes;
using Espalier.Testing.Fakes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Accounting.Batches;

/// <summary>Batches of the three vendors through the gateway, at a scripted provider.</summary>
public sealed class BatchCallsTests
{
    private const string Lines = """
        {"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5-mini","max_completion_tokens":100,"messages":[]}}
        {"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5-mini","max_completion_tokens":100,"messages":[]}}
        """;

    private const string Results = """
        {"id":"r1","custom_id":"a","response":{"status_code":200,"body":{"object":"chat.completion","model":"gpt-5-mini-2025-08-07","usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}},"error":null}
        {"id":"r2","custom_id":"b","response":{"status_code":400,"body":{"error":{"message":"no"}}},"error":null}
        """;

    // 1,000 x 125 + 100 x 1,000 nano-dollars: half of the usual price.
    private static readonly Usd Cost = new(125_000 + 100_000);

    [Fact]
    public async Task Post_OpenAiBatch_IsReservedThenBilledOnceByThePollerOnItsOwnLine()
    {
        var provider = new OpenAiBatchServer();
        await using var server = await FakeModelServer.StartAsync(provider.AnswerAsync);
        var (ledger, deferred) = (new InMemoryLedger(TimeProvider.System), new InMemoryDeferredBills());
        string trace;
        await using (var host = await StartAsync(server, ledger, deferred))
        {
            var token = host.Begin();
            await SendAsync(host, token, Lines);
            (await LineAsync(ledger)).Reserved.ShouldBeGreaterThan(new Usd(2 * 100 * 1000));
            await PollAsync(host);
            (await deferred.ListOpenAsync(GatewayHost.Cancellation)).Single().Id.ShouldBe("batch_1");
            trace = (await host.SpansAsync()).Single(span => span.Name == "batch").TraceId.Value;
        }

        provider.Status = "completed";
        await using var later = await StartAsync(server, ledger, deferred);
        for (var i = 0; i < 3; i++) await PollAsync(later);
        var line = await LineAsync(ledger);
        (line.Spent, line.Reserved).ShouldBe((Cost, Usd.Zero));
        (await deferred.ListOpenAsync(GatewayHost.Cancellation)).ShouldBeEmpty();
        var attempt = (await later.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt);
        (attempt.TraceId.Value, attempt.Cost, attempt.Usage!.InputUncached, attempt.Attributes["lines"]).ShouldBe((trace, Cost, 1000, "1"));

        // Whoever sent it may fetch its files as often as they like, and nobody else.
        foreach (var (agent, status) in new[] { (GatewayHost.Agent, 200), (GatewayHost.Agent, 200), ("stranger", 404) })
        {
            var token = later.Begin(GatewayHost.Context() with { Agent = agent });
            (await AskAsync(later, token, HttpMethod.Get, "/v1/batches/batch_1")).Status.ShouldBe(status);
            var file = await AskAsync(later, token, HttpMethod.Get, "/v1/files/file_out/content");
            file.Status.ShouldBe(status);
            if (status == 200) file.Body.ShouldBe(Results);
        }

        await PollAsync(later);
        (await LineAsync(ledger)).Spent.ShouldBe(Cost);
    }

    [Fact]
    public async Task Post_BatchThatMayNotBe_IsRefusedBeforeItIsSent()
    {
        var provider = new OpenAiBatchServer();
        await using var server = await FakeModelServer.StartAsync(provider.AnswerAsync);
        await using var host = await StartAsync(server, null, null);
        async Task<Answer> TryAsync(RunContext context, string lines)
        {
            provider.Input = lines;
            var token = host.Begin(context);
            await UploadAsync(host, token, lines);
            return await AskAsync(host, token, HttpMethod.Post, "/v1/batches", """{"input_file_id":"file_in","endpoint":"/v1/chat/completions","completion_window":"24h"}""");
        }

        (await TryAsync(GatewayHost.Context(new Usd(1000)), Lines)).Status.ShouldBe(402);
        (await TryAsync(GatewayHost.Context() with { Models = ["gpt-4*"] }, Lines)).Status.ShouldBe(403);
        (await TryAsync(GatewayHost.Context(), Lines.Replace("gpt-5-mini", "gpt-99", StringComparison.Ordinal))).Status.ShouldBe(402);
        (await TryAsync(GatewayHost.Context(), "{}")).Status.ShouldBe(400);
        (await TryAsync(GatewayHost.Context(), "")).Status.ShouldBe(400);
        var unknown = await AskAsync(host, host.Begin(), HttpMethod.Post, "/v1/batches", """{"input_file_id":"file_of_others"}""");
        (unknown.Status, unknown.Error.GetProperty("code").GetString()).ShouldBe((404, "file_not_found"));
        provider.Sent.ShouldBe(0);
        (await LineAsync(host.Ledger)).Reserved.ShouldBe(Usd.Zero);

        provider.Refuses = true;
        (await TryAsync(GatewayHost.Context(), Lines)).Status.ShouldBe(400);
        (await LineAsync(host.Ledger)).Reserved.ShouldBe(Usd.Zero);
        (await host.Deferred.ListOpenAsync(GatewayHost.Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_AnthropicBatch_LeadsToResultsHereAndIsBilledBeforeItIsDeleted()
    {
        const string ended = """{"id":"msgbatch_1","type":"message_batch","processing_status":"ended","results_url":"https://api.anthropic.com/v1/messages/batches/msgbatch_1/results","request_counts":{"succeeded":1}}""";
        const string results = """{"custom_id":"a","result":{"type":"succeeded","message":{"type":"message","model":"claude-haiku-4-5-20251001","usage":{"input_tokens":10,"cache_read_input_tokens":100,"output_tokens":20,"service_tier":"batch"}}}}""";
        await using var server = await FakeModelServer.StartAsync(http => (http.Request.Method, http.Request.Path.Value) switch
        {
            ("POST", "/v1/messages/batches") => FakeModelServer.Json(200, """{"id":"msgbatch_1","type":"message_batch","processing_status":"in_progress","results_url":null}""")(http),
            ("GET", "/v1/messages/batches/msgbatch_1/results") => FakeModelServer.Json(200, results)(http),
            ("DELETE", _) => FakeModelServer.Json(200, """{"id":"msgbatch_1","type":"message_batch_deleted"}""")(http),
            _ => FakeModelServer.Json(200, ended)(http),
        });
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.Begin();
        var sent = await AskAsync(host, token, HttpMethod.Post, "/v1/messages/batches", """{"requests":[{"custom_id":"a","params":{"model":"claude-haiku-4-5","max_tokens":50,"messages":[]}}]}""");
        sent.Json.GetProperty("results_url").ValueKind.ShouldBe(JsonValueKind.Null);
        server.Calls.Single().Headers["x-api-key"].ShouldBe("sk-anthropic");
        var state = await AskAsync(host, token, HttpMethod.Get, "/v1/messages/batches/msgbatch_1");
        var address = state.Json.GetProperty("results_url").GetString().ShouldNotBeNull();
        address.ShouldStartWith(host.Http.BaseAddress!.AbsoluteUri);
        (await AskAsync(host, token, HttpMethod.Get, new Uri(address).AbsolutePath)).Body.ShouldBe(results);
        (await AskAsync(host, host.Begin(GatewayHost.Context() with { Agent = "stranger" }), HttpMethod.Get, new Uri(address).AbsolutePath)).Status.ShouldBe(404);
        (await LineAsync(host.Ledger)).Spent.ShouldBe(Usd.Zero);
        (await AskAsync(host, token, HttpMethod.Delete, "/v1/messages/batches/msgbatch_1")).Status.ShouldBe(200);
        var cost = new Usd(10 * 500 + 100 * 50 + 20 * 2500);
        (await LineAsync(host.Ledger)).Spent.ShouldBe(cost);
        (await host.EndAsync(token)).Usage.Cost.ShouldBe(cost);
    }

    [Fact]
    public async Task Post_GeminiBatch_IsBilledByTheResultsInItsState()
    {
        const string running = """{"name":"batches/b1","metadata":{"state":"BATCH_STATE_RUNNING","model":"models/gemini-2.5-flash"}}""";
        const string done = """
            {"name":"batches/b1","metadata":{"state":"BATCH_STATE_SUCCEEDED"},"done":true,"response":{"inlinedResponses":{"inlinedResponses":[
            {"metadata":{"key":"x"},"response":{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":20,"totalTokenCount":30},"modelVersion":"gemini-2.5-flash"}},
            {"metadata":{"key":"x"},"error":{"code":3}},
            {"metadata":{"key":"x"},"response":{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":20,"totalTokenCount":30},"modelVersion":"gemini-2.5-flash"}}]}}}
            """;
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, running), FakeModelServer.Json(200, running), FakeModelServer.Json(200, done));
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.Begin();
        const string body = """{"batch":{"displayName":"n","inputConfig":{"requests":{"requests":[{"request":{"contents":[],"generationConfig":{"maxOutputTokens":50}},"metadata":{"key":"x"}}]}}}}""";
        (await AskAsync(host, token, HttpMethod.Post, "/v1beta/models/gemini-2.5-flash:batchGenerateContent", body)).Body.ShouldBe(running);
        server.Calls.Single().Target.ShouldBe("POST /v1beta/models/gemini-2.5-flash:batchGenerateContent");
        (await AskAsync(host, token, HttpMethod.Get, "/v1beta/batches/b1")).Body.ShouldBe(running);
        for (var i = 0; i < 2; i++) await PollAsync(host);
        var line = await LineAsync(host.Ledger);
        (line.Spent, line.Reserved).ShouldBe((new Usd(2 * (10 * 150 + 20 * 1250)), Usd.Zero));
    }

    private static Task<GatewayHost> StartAsync(FakeModelServer server, InMemoryLedger? ledger, InMemoryDeferredBills? deferred) => GatewayHost.StartWithAsync(
        _ => { }, ledger, deferred, options => (options.OpenAi.BaseUrl, options.OpenAi.ApiKey, options.MaxRetries) = (server.BaseUrl, "sk-openai", 0));

    private static async Task SendAsync(GatewayHost host, string token, string lines)
    {
        await UploadAsync(host, token, lines);
        var sent = await AskAsync(host, token, HttpMethod.Post, "/v1/batches", """{"input_file_id":"file_in","endpoint":"/v1/chat/completions","completion_window":"24h"}""");
        (sent.Status, sent.Json.GetProperty("id").GetString()).ShouldBe((200, "batch_1"));
    }

    private static async Task UploadAsync(GatewayHost host, string token, string lines)
    {
        using var form = new MultipartFormDataContent { { new StringContent("batch"), "purpose" }, { new StringContent(lines), "file", "lines.jsonl" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/files") { Content = form };
        request.Headers.TryAddWithoutValidation("authorization", $"Bearer {token}");
        using var response = await host.Http.SendAsync(request, GatewayHost.Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<Answer> AskAsync(GatewayHost host, string token, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("x-api-key", token);
        using var response = await host.Http.SendAsync(request, GatewayHost.Cancellation);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(GatewayHost.Cancellation), response.Content.Headers.ContentType?.MediaType);
    }

    private static Task PollAsync(GatewayHost host) => host.Services.GetRequiredService<DeferredPoller>().PollAsync(GatewayHost.Cancellation);

    private static async Task<BudgetState> LineAsync(InMemoryLedger ledger) => (await ledger.ReadAsync(new BudgetId("production"), GatewayHost.Cancellation))!;

    /// <summary>Keeps one file of requests and one batch.</summary>
    private sealed class OpenAiBatchServer
    {
        public string Status { get; set; } = "in_progress";

        public string Input { get; set; } = Lines;

        public bool Refuses { get; set; }

        public int Sent { get; private set; }

        public Task AnswerAsync(HttpContext http)
        {
            switch (http.Request.Method, http.Request.Path.Value)
            {
                case ("POST", "/v1/files"): return FakeModelServer.Json(200, """{"id":"file_in","object":"file"}""")(http);
                case ("GET", "/v1/files/file_in/content"): return FakeModelServer.Json(200, Input)(http);
                case ("GET", "/v1/files/file_out/content"): return FakeModelServer.Json(200, Results)(http);
                case ("POST", "/v1/batches") when Refuses: return FakeModelServer.Json(400, """{"error":{"message":"no"}}""")(http);
                case ("POST", "/v1/batches"):
                    Sent++;
                    break;
            }

            var output = Status == "completed" ? "\"file_out\"" : "null";
            return FakeModelServer.Json(200, $$"""{"id":"batch_1","object":"batch","status":"{{Status}}","input_file_id":"file_in","output_file_id":{{output}},"error_file_id":null}""")(http);
        }
    }
}
