using System.Text.Json;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Providers.Compatible;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Tests.Providers;

/// <summary>What each vendor is asked for, where, and with which key.</summary>
public sealed class ProvidersTests
{
    private const string Chat = """{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}""";
    private const string Message = """{"id":"m","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}""";
    private const string Response = """{"id":"resp_a","object":"response","model":"gpt-4.1-mini","status":"completed","error":null,"output":[{"type":"message","id":"msg_a","role":"assistant","content":[{"type":"output_text","text":"hi"}]}],"usage":{"input_tokens":9,"output_tokens":1,"total_tokens":10}}""";

    [Fact]
    public async Task Post_Azure_DeploymentInThePathVersionInTheQueryKeyInItsHeader()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, Chat), FakeModelServer.Json(200, Response));
        await using var host = await GatewayHost.StartAsync(server, options =>
        {
            options.Azure.ApiVersion = "2026-01-01";
            options.Azure.Deployments["gpt-4.1-mini"] = "our mini";
        });
        (await host.PostAsync(host.Begin(), Prompts.Chat("azure/gpt-4.1-mini", "x"))).Status.ShouldBe(200);
        (await host.PostAsync("/v1/responses", host.Begin(), """{"model":"azure/gpt-4.1-mini","input":"x"}""")).Status.ShouldBe(200);
        var calls = server.Calls.ToArray();
        calls.Select(call => call.Target).ShouldBe(
            ["POST /openai/deployments/our%20mini/chat/completions?api-version=2026-01-01", "POST /openai/responses?api-version=2026-01-01"]);
        calls.ShouldAllBe(call => call.Headers["api-key"] == "key-azure" && !call.Headers.ContainsKey("authorization"));
        JsonDocument.Parse(calls[1].Body).RootElement.GetProperty("model").GetString().ShouldBe("our mini");
        (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ShouldAllBe(span => span.Provider == "azure" && span.Cost == new Usd((9 * 400) + 1600));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_CompatibleServer_IsNamedByItsPrefixAndAskedForUsageWhereItCanBe(bool streamOptions)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Events("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"));
        await using var host = await GatewayHost.StartAsync(server, options => options.Compatible["house"] = new CompatibleOptions
        {
            BaseUrl = new Uri(server.Root, "/api/v1"), ApiKey = "sk-house", Models = ["org/qwen3"], StreamOptions = streamOptions,
        });
        foreach (var name in (string[])["house/org/qwen3", "org/qwen3"])
            (await host.PostAsync(host.BeginUnlimited(), Prompts.Chat(name, "x", more: ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"))).Status.ShouldBe(200);
        server.Calls.ShouldAllBe(call => call.Target == "POST /api/v1/chat/completions" && call.Headers["authorization"] == "Bearer sk-house");
        server.Calls.ShouldAllBe(call => call.Body.Contains("\"model\":\"org/qwen3\"", StringComparison.Ordinal) && call.Body.Contains("stream_options", StringComparison.Ordinal) == streamOptions);
        (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ShouldAllBe(span => span.Model == "house/org/qwen3" && span.Attributes["usage"] == "estimated");
    }

    [Fact]
    public async Task Post_Anthropic_VersionAndBetasGoAlongAndTheKeyIsTheServers()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, Message));
        await using var host = await GatewayHost.StartAsync(server);
        const string body = """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"x"}]}""";
        await host.PostAsync("/v1/messages", host.Begin(), body, headers: [("anthropic-version", "2026-10-21"), ("anthropic-beta", "a,b")]);
        await host.PostAsync("/v1/messages?beta=true", host.Begin(), body, "authorization");
        var calls = server.Calls.ToArray();
        (calls[0].Headers["anthropic-version"], calls[0].Headers["anthropic-beta"]).ShouldBe(("2026-10-21", "a,b"));
        calls[1].Headers["anthropic-version"].ShouldBe("2023-06-01");
        calls.ShouldAllBe(call => call.Headers["x-api-key"] == "sk-anthropic" && call.Body == body);
    }

    [Fact]
    public async Task Post_KeyInTheQuery_IsAcceptedAndGoesNoFurther()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, """{"candidates":[{"content":{"parts":[{"text":"hi"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1,"totalTokenCount":10}}"""));
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.Begin();
        using var response = await host.Http.PostAsync($"/v1beta/models/gemini-2.5-flash:generateContent?key={token}", new StringContent("""{"contents":[{"parts":[{"text":"x"}]}]}"""), GatewayHost.Cancellation);
        ((int)response.StatusCode).ShouldBe(200);
        server.Calls.Single().Target.ShouldBe("POST /v1beta/models/gemini-2.5-flash:generateContent");
        server.Calls.Single().Headers["x-goog-api-key"].ShouldBe("key-gemini");
    }

    [Fact]
    public async Task Post_PreviousResponse_StaysWithItsProviderAndItsAgent()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, Response));
        await using var host = await GatewayHost.StartAsync(server);
        (await host.PostAsync("/v1/responses", host.Begin(), """{"model":"gpt-4.1-mini","input":"x"}""")).Status.ShouldBe(200);
        const string next = """{"model":"gpt-4.1-mini","input":"y","previous_response_id":"resp_a"}""";
        (await host.PostAsync("/v1/responses", host.Begin(), next)).Status.ShouldBe(200);
        server.Calls.Last().Body.ShouldBe(next);
        foreach (var model in (string[])["azure/gpt-4.1-mini", "claude-sonnet-4-5", "local/char-nn"])
        {
            var answer = await host.PostAsync("/v1/responses", host.Begin(), next.Replace("gpt-4.1-mini", model, StringComparison.Ordinal));
            answer.Status.ShouldBe(400, model);
            answer.Error.GetProperty("code").GetString().ShouldBe("previous_response_elsewhere");
        }

        var stranger = host.Begin(GatewayHost.Context() with { Agent = "someone-else" });
        host.Repository.Put(GatewayHost.Version);
        (await host.PostAsync("/v1/responses", stranger, next)).Status.ShouldBe(404);
        (await GetAsync(host, stranger, "/v1/responses/resp_a")).Status.ShouldBe(404);
        (await GetAsync(host, host.Begin(), "/v1/responses/resp_a?include[]=reasoning.encrypted_content")).Body.ShouldBe(Response);
        server.Calls.Last().Target.ShouldBe("GET /v1/responses/resp_a?include%5B%5D=reasoning.encrypted_content");
    }

    [Fact]
    public async Task Get_ResponseOfTheBackground_IsBilledOnceWhenItIsFinished()
    {
        const string queued = """{"id":"resp_a","object":"response","model":"gpt-4.1-mini","status":"queued","background":true,"error":null,"output":[],"usage":null}""";
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, queued), FakeModelServer.Json(200, queued), FakeModelServer.Json(200, Response));
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.Begin();
        (await host.PostAsync("/v1/responses", token, """{"model":"gpt-4.1-mini","input":"x","background":true}""")).Body.ShouldBe(queued);
        for (var i = 0; i < 3; i++) (await GetAsync(host, token, "/v1/responses/resp_a")).Status.ShouldBe(200);
        (await host.EndAsync(token)).Usage.Cost.ShouldBe(new Usd((9 * 400) + 1600));
    }

    [Fact]
    public async Task Post_CountTokensForAModelOfAnotherVendor_IsAnEstimateThatSaysSo()
    {
        await using var host = await GatewayHost.StartAsync();
        var answer = await host.PostAsync("/v1/messages/count_tokens", host.Begin(), """{"model":"local/char-nn","messages":[{"role":"user","content":"hello"}]}""");
        answer.Json.GetProperty("input_tokens").GetInt32().ShouldBeGreaterThan(0);
        answer.Headers["x-espalier-estimated"].ShouldBe("input_tokens");
        (await host.SpansAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_EmbeddingsOfAModelThatHasNone_SaysSo()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, "{}"));
        await using var host = await GatewayHost.StartAsync(server);
        var answer = await host.PostAsync("/v1/embeddings", host.Begin(), """{"model":"claude-sonnet-4-5","input":"x"}""");
        (answer.Status, answer.Error.GetProperty("code").GetString()).ShouldBe((400, "operation_not_supported"));
        (await host.PostAsync("/v1beta/models/gemini-2.5-flash:predict", host.Begin(), "{}")).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("float")]
    [InlineData("base64")]
    public async Task Post_EmbeddingsOfGooglesModelByOpenAisClient_AreTranslatedAndWhatHasNoWordIsNamed(string encoding)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, """{"embeddings":[{"values":[0.5,-0.25]},{"values":[1,2e-3]}]}"""));
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.Begin();
        var answer = await host.PostAsync("/v1/embeddings", token, $$"""{"model":"gemini-embedding-001","input":["a \"b\"","é"],"dimensions":2,"encoding_format":"{{encoding}}","user":"u"}""");
        answer.Status.ShouldBe(200, answer.Body);
        (answer.Headers["x-espalier-dropped"], answer.Headers["x-espalier-estimated"]).ShouldBe(("user", "usage.prompt_tokens"));
        var call = server.Calls.Single();
        call.Target.ShouldBe("POST /v1beta/models/gemini-embedding-001:batchEmbedContents");
        call.Body.ShouldBe("""{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a \"b\""}]},"outputDimensionality":2},{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"é"}]},"outputDimensionality":2}]}""");
        var data = answer.Json.GetProperty("data").EnumerateArray().ToList();
        data.Select(one => one.GetProperty("index").GetInt32()).ShouldBe([0, 1]);
        data.Select(one => Vector(one.GetProperty("embedding"))).ShouldBe([[0.5f, -0.25f], [1f, 0.002f]]);
        answer.Json.GetProperty("usage").GetProperty("total_tokens").GetInt32().ShouldBeGreaterThan(0);
        var attempt = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt);
        (attempt.Error, attempt.Attributes["usage"]).ShouldBe((null, "estimated"));
        (await host.EndAsync(token)).Usage.Cost.ShouldBe(attempt.Cost);

        static float[] Vector(JsonElement json) => json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray().Select(value => value.GetSingle())]
            : [.. json.GetBytesFromBase64().Chunk(4).Select(value => BitConverter.ToSingle(value))];
    }

    [Theory]
    [InlineData("embedContent", """{"content":{"parts":[{"text":"a"},{"text":"b"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":2}""", """{"model":"text-embedding-3-small","input":["ab"],"dimensions":2,"encoding_format":"float"}""", """{"embedding":{"values":[0.5,1]}}""")]
    [InlineData("batchEmbedContents", """{"requests":[{"model":"models/text-embedding-3-small","content":{"parts":[{"text":"a"}]},"title":"t"}]}""", """{"model":"text-embedding-3-small","input":["a"],"encoding_format":"float"}""", """{"embeddings":[{"values":[0.5,1]}]}""")]
    public async Task Post_EmbeddingsOfOpenAisModelByGooglesClient_AreTranslatedAndTheBillIsExact(string method, string body, string sent, string told)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,1]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":7,"total_tokens":7}}"""));
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.Begin();
        var answer = await host.PostAsync($"/v1beta/models/text-embedding-3-small:{method}", token, body);
        (answer.Status, answer.Body).ShouldBe((200, told));
        server.Calls.Single().Body.ShouldBe(sent);
        answer.Headers["x-espalier-dropped"].ShouldBe(method == "embedContent" ? "taskType" : "title");
        (await host.EndAsync(token)).Usage.Cost.ShouldBe(new Usd(7 * 20));
    }

    [Fact]
    public async Task Post_EmbeddingsThatCannotBeSaidElsewhere_AreRefusedAndBrokenOnesAre502()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, """{"embeddings":[{"values":["x"]},{}]}"""));
        await using var host = await GatewayHost.StartAsync(server);
        foreach (var input in (string[])["[1,2,3]", "[[1],[2]]", "[]", "7", "[\"a\",7]", "null"])
            (await host.PostAsync("/v1/embeddings", host.Begin(), $$"""{"model":"gemini-embedding-001","input":{{input}}}""")).Status.ShouldBe(400, input);
        server.Calls.ShouldBeEmpty();
        foreach (var input in (string[])["\"a\"", "[\"a\",\"b\"]"])
            (await host.PostAsync("/v1/embeddings", host.Begin(), $$"""{"model":"gemini-embedding-001","input":{{input}},"encoding_format":"base64"}""")).Status.ShouldBe(502, input);
        foreach (var body in (string[])["""{"requests":[]}""", """{"requests":[{"content":{"parts":[{"inline_data":{}}]}}]}""", """{"requests":[{"content":{"parts":[{"text":"a"}]},"outputDimensionality":2},{"content":{"parts":[{"text":"a"}]},"outputDimensionality":3}]}"""])
            (await host.PostAsync("/v1beta/models/text-embedding-3-small:batchEmbedContents", host.Begin(), body)).Status.ShouldBe(400, body);
    }

    [Fact]
    public async Task Get_Models_InTheFormOfWhoAsks()
    {
        await using var host = await GatewayHost.StartAsync(null, ("models.yaml", "slots: { triage: { model: local/char-nn } }"));
        var token = host.Begin();
        (await GetAsync(host, token, "/v1/models", ("anthropic-version", "2023-06-01"))).Json.GetProperty("data")[0].GetProperty("display_name").GetString().ShouldBe("triage");
        (await GetAsync(host, token, "/v1beta/models")).Json.GetProperty("models")[0].GetProperty("name").GetString().ShouldBe("models/triage");
        (await GetAsync(host, token, "/v1/models/local/char-nn")).Json.GetProperty("owned_by").GetString().ShouldBe("local");
        (await GetAsync(host, token, "/v1/models/none")).Status.ShouldBe(404);
        var google = await GetAsync(host, token, "/v1beta/models/triage");
        google.Json.GetProperty("name").GetString().ShouldBe("models/triage");
        google.Json.GetProperty("supportedGenerationMethods").EnumerateArray().Select(method => method.GetString()).ShouldContain("generateContent");
        (await GetAsync(host, token, "/v1beta/models/local/char-nn")).Json.GetProperty("displayName").GetString().ShouldBe("local/char-nn");
        var none = await GetAsync(host, token, "/v1beta/models/none");
        (none.Status, none.Error.GetProperty("status").GetString()).ShouldBe((404, "NOT_FOUND"));
    }

    [Fact]
    public async Task Post_ClientOfMessagesGoesAway_TheUsageIsStillRead()
    {
        const string begun = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n"
            + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}}\n\n";
        const string rest = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":40}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            await FakeModelServer.Events(begun)(http);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await gone.Task;
            await http.Response.WriteAsync(rest, http.RequestAborted);
        });
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.Begin();
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages"))
        {
            request.Headers.Add("x-api-key", token);
            request.Content = new StringContent("""{"model":"claude-sonnet-4-5","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"x"}]}""");
            using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, GatewayHost.Cancellation);
            await using var stream = await response.Content.ReadAsStreamAsync(GatewayHost.Cancellation);
            (await stream.ReadAsync(new byte[10], GatewayHost.Cancellation)).ShouldBeGreaterThan(0);
        }

        var ending = host.EndAsync(token);
        gone.SetResult();
        (await ending).Usage.Cost.ShouldBe(new Usd((9 * 3000) + (40 * 15000)));
    }

    private static async Task<Answer> GetAsync(GatewayHost host, string token, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("x-api-key", token);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var response = await host.Http.SendAsync(request, GatewayHost.Cancellation);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(GatewayHost.Cancellation), response.Content.Headers.ContentType?.MediaType);
    }
}
