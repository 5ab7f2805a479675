using System.IO.Compression;
using System.Text;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Providers.Compatible;
using Espalier.Gateway.Tests.Fakes;

namespace Espalier.Gateway.Tests.Providers;

/// <summary>Servers that speak OpenAI's chat completions in their own ways, by exchanges such as each of them has.</summary>
public sealed class CompatibleServersTests
{
    private const string Ask = """{"model":"house/m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Say hi."}]}""";
    private const string AskWhole = """{"model":"house/m","messages":[{"role":"user","content":"Say hi."}]}""";

    [Fact]
    public async Task Post_OpenRoutersStream_CommentsPassAndTheUsageOfItsLastChunkCounts()
    {
        const string wire = ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"
            + """data: {"id":"gen-1","provider":"DeepInfra","model":"qwen/qwen3-32b","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Hm"},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}""" + "\n\n"
            + ": OPENROUTER PROCESSING\n\n"
            + """data: {"id":"gen-1","provider":"DeepInfra","model":"qwen/qwen3-32b","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"finish_reason":"stop","native_finish_reason":"stop","logprobs":null}]}""" + "\n\n"
            + """data: {"id":"gen-1","provider":"DeepInfra","model":"qwen/qwen3-32b","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null,"native_finish_reason":null,"logprobs":null}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"cost":0.0000042,"is_byok":false,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":5}}}""" + "\n\n"
            + "data: [DONE]\n\n";
        var (answer, attempt) = await AskAsync(FakeModelServer.Events(wire), Ask);
        answer.Body.ShouldBe(wire);
        (attempt.Error, attempt.Attributes.ContainsKey("usage")).ShouldBe((null, false));
        (attempt.Usage!.InputUncached, attempt.Usage.CacheRead, attempt.Usage.OutputReasoning, attempt.Usage.OutputText).ShouldBe((8, 3, 5, 2));
        attempt.Output!.ShouldContain("hi");
    }

    [Fact]
    public async Task Post_OpenRoutersErrorInsideAStream_IsAnErrorAndBilledByEstimate()
    {
        const string wire = ": OPENROUTER PROCESSING\n\n"
            + """data: {"id":"gen-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"finish_reason":null}]}""" + "\n\n"
            + """data: {"id":"gen-1","object":"chat.completion.chunk","created":1,"model":"m","provider":"x","error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}""" + "\n\n";
        var (answer, attempt) = await AskAsync(FakeModelServer.Events(wire), Ask);
        answer.Status.ShouldBe(200);
        answer.Body.ShouldContain("Provider disconnected");
        attempt.Error.ShouldBe("Provider disconnected");
        (attempt.Attributes["usage"], attempt.Attributes["billed"]).ShouldBe(("estimated", "true"));
    }

    [Theory]
    // Before it knew stream_options: no usage at all.
    [InlineData("""data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"llama3.2","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"finish_reason":null}]}|data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"llama3.2","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}]}|data: [DONE]|""", null, null)]
    // Since then, without any details.
    [InlineData("""data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"llama3.2","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}|data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"llama3.2","system_fingerprint":"fp_ollama","choices":[],"usage":{"prompt_tokens":28,"completion_tokens":4,"total_tokens":32}}|data: [DONE]|""", 28L, 4L)]
    // llama.cpp: a first delta of null, timings beside the usage, and no text in the chunk that ends.
    [InlineData("""data: {"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"id":"chatcmpl-1","model":"m","system_fingerprint":"b6000","object":"chat.completion.chunk"}|data: {"choices":[{"finish_reason":null,"index":0,"delta":{"content":"hi"}}],"created":1,"id":"chatcmpl-1","model":"m","object":"chat.completion.chunk"}|data: {"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"created":1,"id":"chatcmpl-1","model":"m","object":"chat.completion.chunk"}|data: {"choices":[],"created":1,"id":"chatcmpl-1","model":"m","object":"chat.completion.chunk","usage":{"completion_tokens":2,"prompt_tokens":14,"total_tokens":16},"timings":{"prompt_n":14,"prompt_ms":20.1,"predicted_n":2,"predicted_ms":31.5}}|data: [DONE]|""", 14L, 2L)]
    public async Task Post_OllamasAndLlamaCppsStreams_PassAsTheyCameAndMissingUsageIsUnknownAndNotZero(string events, long? input, long? output)
    {
        var wire = events.Replace("|", "\n\n", StringComparison.Ordinal);
        var (answer, attempt) = await AskAsync(FakeModelServer.Events(wire), Ask);
        answer.Body.ShouldBe(wire);
        (attempt.Error, attempt.Output).ShouldBe((null, "hi"));
        attempt.Attributes.GetValueOrDefault("usage").ShouldBe(input is null ? "estimated" : null);
        attempt.Usage!.InputTotal().ShouldBe(input ?? (Ask.Length - "house/".Length + 3) / 4);
        if (output is null) attempt.Usage.OutputTotal()!.Value.ShouldBeInRange(1, 40);
        else attempt.Usage.OutputTotal().ShouldBe(output);
        attempt.Usage.CacheRead.ShouldNotBe(0, "what is not told is unknown");
    }

    [Fact]
    public async Task Post_LlamaCppsErrorLine_IsAStreamThatBroke()
    {
        const string wire = """data: {"choices":[{"finish_reason":null,"index":0,"delta":{"content":"hi"}}],"created":1,"id":"chatcmpl-1","model":"m","object":"chat.completion.chunk"}""" + "\n\n"
            + """error: {"code":500,"message":"context shift is disabled","type":"server_error"}""" + "\n\n";
        var (answer, attempt) = await AskAsync(FakeModelServer.Events(wire), Ask);
        answer.Body.ShouldContain("\"error\"");
        attempt.Error.ShouldNotBeNull();
        attempt.Attributes["usage"].ShouldBe("estimated");
    }

    [Theory]
    [InlineData("""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}""", true)]
    [InlineData("""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":null}""", true)]
    [InlineData("""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9}}""", true)]
    [InlineData("""{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10},"timings":{}}""", false)]
    public async Task Post_WholeReplyWithoutAllUsage_IsEstimatedWhereItIsSilentAndSaysSo(string reply, bool estimated)
    {
        var (answer, attempt) = await AskAsync(FakeModelServer.Json(200, reply), AskWhole);
        answer.Body.ShouldBe(reply);
        attempt.Attributes.ContainsKey("usage").ShouldBe(estimated);
        attempt.Usage!.OutputTotal()!.Value.ShouldBeInRange(1, estimated ? 20 : 1);
        if (reply.Contains("prompt_tokens", StringComparison.Ordinal)) attempt.Usage.InputTotal().ShouldBe(9);
    }

    [Fact]
    public async Task Post_CompressedStream_ArrivesEventByEventAndIsCounted()
    {
        var seen = new TaskCompletionSource();
        const string first = "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one\"}}]}\n\n";
        const string rest = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}}\n\ndata: [DONE]\n\n";
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            http.Request.Headers.AcceptEncoding.ToString().ShouldContain("gzip");
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers.ContentEncoding = "gzip";
            await using var zipped = new GZipStream(http.Response.Body, CompressionLevel.Fastest);
            await zipped.WriteAsync(Encoding.UTF8.GetBytes(first), http.RequestAborted);
            await zipped.FlushAsync(http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            // The client has the first event before the second is written.
            await seen.Task.WaitAsync(TimeSpan.FromSeconds(30), http.RequestAborted);
            await zipped.WriteAsync(Encoding.UTF8.GetBytes(rest), http.RequestAborted);
        });
        await using var host = await StartAsync(server);
        var token = host.BeginUnlimited();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(Ask, Encoding.UTF8, "application/json") };
        request.Headers.Add("x-api-key", token);
        request.Headers.Add("accept-encoding", "gzip");
        using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, GatewayHost.Cancellation);
        response.Content.Headers.ContentEncoding.ShouldBeEmpty("what is sent on is plain");
        await using var stream = await response.Content.ReadAsStreamAsync(GatewayHost.Cancellation);
        var buffer = new byte[Encoding.UTF8.GetByteCount(first)];
        await stream.ReadExactlyAsync(buffer, GatewayHost.Cancellation);
        Encoding.UTF8.GetString(buffer).ShouldBe(first);
        seen.SetResult();
        using var reader = new StreamReader(stream);
        (await reader.ReadToEndAsync(GatewayHost.Cancellation)).ShouldBe(rest);
        await host.EndAsync(token);
        var attempt = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt);
        (attempt.Usage!.InputTotal(), attempt.Usage.OutputTotal(), attempt.Attributes.ContainsKey("usage")).ShouldBe((9, 3, false));
    }

    [Theory]
    [InlineData(400, """{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error"}}""")]
    [InlineData(422, """{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}""")]
    public async Task Post_ServerThatRefusesStreamOptions_IsAskedWithoutOnceAndFromThenOn(int status, string refusal)
    {
        const string wire = "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(
            request => request.TryGetProperty("stream_options", out _) ? FakeModelServer.Json(status, refusal) : FakeModelServer.Events(wire)));
        await using var host = await StartAsync(server);
        var token = host.BeginUnlimited();
        var ask = Ask.Replace(",\"stream_options\":{\"include_usage\":true}", "", StringComparison.Ordinal);
        for (var i = 1; i <= 3; i++)
        {
            var answer = await host.PostAsync("/v1/chat/completions", token, ask);
            (answer.Status, answer.Body).ShouldBe((200, wire));
            server.Calls.Count.ShouldBe(i + 1, "once more for the first alone");
        }

        var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.Count.ShouldBe(3);
        attempts.ShouldAllBe(span => span.Error == null && span.Attributes["usage"] == "estimated" && span.Usage!.OutputTotal() > 0);
    }

    [Fact]
    public async Task Post_ClientsOwnStreamOptionsAreRefused_IsSaidAndForgotten()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request =>
            request.TryGetProperty("stream_options", out var options) && options.TryGetProperty("odd", out _)
                ? FakeModelServer.Json(400, """{"error":{"message":"stream_options.odd is not known"}}""") : FakeModelServer.Events("data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}}\n\ndata: [DONE]\n\n")));
        await using var host = await StartAsync(server);
        var token = host.BeginUnlimited();
        (await host.PostAsync("/v1/chat/completions", token, Ask.Replace("\"include_usage\":true", "\"odd\":1", StringComparison.Ordinal))).Status.ShouldBe(400);
        (await host.PostAsync("/v1/chat/completions", token, Ask)).Status.ShouldBe(200);
        server.Calls.Last().Body.ShouldContain("include_usage");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_ServerWithRunningCounts_IsMeasuredWhereverItsStreamBreaksAndTheClientSeesWhatItAskedFor(bool asked)
    {
        var words = Enumerable.Range(1, 5).Select(i =>
            $"data: {{\"id\":\"c\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"w{i}\"}}}}],\"usage\":{{\"prompt_tokens\":9,\"total_tokens\":{9 + i},\"completion_tokens\":{i}}}}}\n\n");
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(words)), http.RequestAborted);
        });
        await using var host = await StartAsync(server, house => house.ContinuousUsage = true);
        var token = host.BeginUnlimited();
        var answer = await host.PostAsync("/v1/chat/completions", token, asked ? Ask : Ask.Replace(",\"stream_options\":{\"include_usage\":true}", "", StringComparison.Ordinal));
        server.Calls.Single().Body.ShouldContain("\"stream_options\":{\"include_usage\":true,\"continuous_usage_stats\":true}");
        answer.Body.ShouldContain("w1");
        answer.Body.ShouldNotContain("completion_tokens", Case.Sensitive, "running counts are the gateway's wish alone");
        var attempt = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt);
        (attempt.Usage!.InputTotal(), attempt.Usage.OutputTotal(), attempt.Attributes.ContainsKey("usage")).ShouldBe((9, 5, false));
        attempt.Error.ShouldNotBeNull();
    }

    [Fact]
    public async Task Post_ClientThatAsksForRunningCountsItself_GetsThem()
    {
        const string wire = "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"total_tokens\":10,\"completion_tokens\":1}}\n\n"
            + "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10}}\n\ndata: [DONE]\n\n";
        foreach (var (ask, shown) in new[] { (Ask.Replace("true}", "true,\"continuous_usage_stats\":true}", StringComparison.Ordinal), 2), (Ask, 1) })
        {
            await using var server = await FakeModelServer.StartAsync(FakeModelServer.Events(wire));
            await using var host = await StartAsync(server, house => house.ContinuousUsage = true);
            var answer = await host.PostAsync("/v1/chat/completions", host.BeginUnlimited(), ask);
            System.Text.RegularExpressions.Regex.Count(answer.Body, "completion_tokens").ShouldBe(shown);
            if (shown == 2) answer.Body.ShouldBe(wire);
        }
    }

    private static async Task<(Answer Answer, Span Attempt)> AskAsync(Func<Microsoft.AspNetCore.Http.HttpContext, Task> script, string body)
    {
        await using var server = await FakeModelServer.StartAsync(script);
        await using var host = await StartAsync(server);
        var token = host.BeginUnlimited();
        var answer = await host.PostAsync("/v1/chat/completions", token, body);
        await host.EndAsync(token);
        server.Calls.ShouldHaveSingleItem().Body.ShouldBe(body.Replace("house/", "", StringComparison.Ordinal));
        return (answer, (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt));
    }

    private static Task<GatewayHost> StartAsync(FakeModelServer server, Action<CompatibleOptions>? adjust = null)
    {
        var house = new CompatibleOptions { BaseUrl = server.BaseUrl };
        adjust?.Invoke(house);
        return GatewayHost.StartAsync(options =>
        {
            options.MaxRetries = 0;
            options.Compatible["house"] = house;
        });
    }
}
