using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Providers.Compatible;
using Espalier.Gateway.Tests.Fakes;

namespace Espalier.Gateway.Tests.Policies;

public sealed class TokenCaptureTests
{
    private const string Contract = "capture: { token_ids: true, log_probs: true }";

    private const string Logprobs = """{"content":[{"token":"Hi","logprob":-0.25,"bytes":[72,105],"top_logprobs":[]},{"token":"!","logprob":-0.5,"bytes":[33],"top_logprobs":[]}],"refusal":null}""";

    private const string VLlm = $$$"""
        {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"qwen","choices":[{"index":0,"message":{"role":"assistant","content":"Hi!"},"logprobs":{{{Logprobs}}},"finish_reason":"stop","token_ids":[13048,0]}],
         "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5},"prompt_token_ids":[151644,8948,198]}
        """;

    [Fact]
    public async Task Post_VLlmWithTheContractsWish_AsksForIdsNotesThemAndKeepsThemFromTheClient()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, VLlm));
        await using var host = await StartAsync(server, TokenIdDialect.VLlm, Contract);
        var answer = await host.PostAsync(host.BeginUnlimited(), """{"model":"house/qwen","messages":[{"role":"user","content":"a"}]}""");
        answer.Content.ShouldBe("Hi!");
        answer.Body.ShouldNotContain("token_ids");
        answer.Body.ShouldNotContain("-0.25");
        answer.Json.GetProperty("choices")[0].GetProperty("logprobs").ValueKind.ShouldBe(JsonValueKind.Null);
        answer.Json.GetProperty("usage").GetProperty("total_tokens").GetInt32().ShouldBe(5);
        var sent = JsonDocument.Parse(server.Requests.ShouldHaveSingleItem().Body).RootElement;
        (sent.GetProperty("return_token_ids").GetBoolean(), sent.GetProperty("logprobs").GetBoolean()).ShouldBe((true, true));
        await AssertTokensAsync(host, "[151644,8948,198]", "[13048,0]", "[-0.25,-0.5]");
    }

    [Fact]
    public async Task Post_VLlmStream_GathersIdsOverTheChunksAndKeepsThemFromTheClient()
    {
        const string chunk = """data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"qwen","choices":[{"index":0,"delta":""";
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Events(
            chunk + """{"role":"assistant","content":""},"finish_reason":null}],"prompt_token_ids":[1,2,3]}""" + "\n\n"
            + chunk + """{"content":"Hi"},"logprobs":{"content":[{"token":"Hi","logprob":-0.25,"top_logprobs":[]}]},"finish_reason":null,"token_ids":[7]}]}""" + "\n\n"
            + chunk + """{"content":"!"},"logprobs":{"content":[{"token":"!","logprob":-0.5,"top_logprobs":[]}]},"finish_reason":"stop","token_ids":[8,9]}]}""" + "\n\n"
            + "data: [DONE]\n\n"));
        await using var host = await StartAsync(server, TokenIdDialect.VLlm, Contract);
        var answer = await host.PostAsync(host.BeginUnlimited(), """{"model":"house/qwen","stream":true,"messages":[{"role":"user","content":"a"}]}""");
        ChatReplies.Deltas(answer.Body).ShouldBe(["Hi", "!"]);
        answer.Body.ShouldNotContain("token_ids");
        answer.Body.ShouldNotContain("-0.25");
        answer.Body.ShouldContain(chunk + """{"role":"assistant","content":""},"finish_reason":null}]}""" + "\n\n");
        await AssertTokensAsync(host, "[1,2,3]", "[7,8,9]", "[-0.25,-0.5]");
    }

    [Fact]
    public async Task Post_ClientThatAsksItself_GetsAllThatItAskedFor()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, VLlm));
        await using var host = await StartAsync(server, TokenIdDialect.VLlm, Contract);
        var answer = await host.PostAsync(host.BeginUnlimited(), """{"model":"house/qwen","return_token_ids":true,"logprobs":true,"messages":[{"role":"user","content":"a"}]}""");
        answer.Body.ShouldBe(VLlm);
    }

    [Fact]
    public async Task Post_ProviderThatTellsUnasked_IsNotedAndPassedOnAsItCame()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, VLlm));
        await using var host = await StartAsync(server, TokenIdDialect.VLlm, "budget: { run: 1usd }");
        var answer = await host.PostAsync(host.BeginUnlimited(), """{"model":"house/qwen","messages":[{"role":"user","content":"a"}]}""");
        answer.Body.ShouldBe(VLlm);
        server.Requests.ShouldHaveSingleItem().Body.ShouldNotContain("return_token_ids");
        await AssertTokensAsync(host, "[151644,8948,198]", "[13048,0]", "[-0.25,-0.5]");
    }

    [Fact]
    public async Task Post_SgLang_IsAskedInItsOwnWordsAndOnlyForWholeAnswers()
    {
        const string reply = """
            {"id":"c","object":"chat.completion","created":1,"model":"qwen","choices":[{"index":0,"message":{"role":"assistant","content":"Hi!"},"logprobs":null,"finish_reason":"stop","prompt_token_ids":[5,6],
              "meta_info":{"id":"x","output_token_logprobs":[[-0.25,7,null],[-0.5,8,null]],"completion_tokens":2}}],"usage":{"prompt_tokens":2,"completion_tokens":2,"total_tokens":4}}
            """;
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request =>
            request.TryGetProperty("stream", out _) ? ChatReplies.Text(request, "Hi!") : FakeModelServer.Json(200, reply)));
        await using var host = await StartAsync(server, TokenIdDialect.SgLang, Contract);
        var answer = await host.PostAsync(host.BeginUnlimited(), """{"model":"house/qwen","messages":[{"role":"user","content":"a"}]}""");
        answer.Content.ShouldBe("Hi!");
        answer.Body.ShouldNotContain("meta_info");
        answer.Body.ShouldNotContain("prompt_token_ids");
        await AssertTokensAsync(host, "[5,6]", "[7,8]", "[-0.25,-0.5]");
        (await host.PostAsync(host.BeginUnlimited(), """{"model":"house/qwen","stream":true,"messages":[{"role":"user","content":"a"}]}""")).Status.ShouldBe(200);
        server.Requests.First().Body.ShouldContain("\"return_meta_info\":true");
        server.Requests.Last().Body.ShouldNotContain("return_");
    }

    [Theory]
    [InlineData("""{"id":41,"token":"Hi","logprob":-0.25,"bytes":[72],"top_logprobs":[]},{"id":42,"token":"!","logprob":-0.5,"bytes":[33],"top_logprobs":[]}""")]
    [InlineData("""{"token":"token_id:41","logprob":-0.25,"top_logprobs":[]},{"token":"token_id:42","logprob":-0.5,"top_logprobs":[]}""")]
    public async Task Post_IdsBesideLogProbs_AreNoted(string tokens)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, $$"""
            {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi!"},"logprobs":{"content":[{{tokens}}]},"finish_reason":"stop"}]}
            """));
        await using var host = await StartAsync(server, TokenIdDialect.LlamaCpp, "capture: { token_ids: true }");
        var answer = await host.PostAsync(host.BeginUnlimited(), """{"model":"house/m","messages":[{"role":"user","content":"a"}]}""");
        answer.Json.GetProperty("choices")[0].GetProperty("logprobs").ValueKind.ShouldBe(JsonValueKind.Null);
        await AssertTokensAsync(host, null, "[41,42]", "[-0.25,-0.5]");
    }

    [Fact]
    public async Task Post_SeveralChoices_EachHasItsOwnList()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, """
            {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":1,"message":{"role":"assistant","content":"b"},"finish_reason":"stop","token_ids":[2]},
             {"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop","token_ids":[1]}]}
            """));
        await using var host = await StartAsync(server, TokenIdDialect.VLlm, Contract);
        await host.PostAsync(host.BeginUnlimited(), """{"model":"house/m","n":2,"messages":[{"role":"user","content":"a"}]}""");
        var attempt = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt);
        // The member 'index' stands before the others in every server's replies.
        (attempt.Attributes["tokens.ids"], attempt.Attributes["tokens.ids.1"]).ShouldBe(("[1]", "[2]"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_GoogleLogProbs_AreAskedForNotedAndKeptFromTheClient(bool translated)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"Hi!"}]},"finishReason":"STOP","avgLogprobs":-0.375,
              "logprobsResult":{"topCandidates":[],"chosenCandidates":[{"token":"Hi","tokenId":41,"logProbability":-0.25},{"token":"!","tokenId":42,"logProbability":-0.5}]}}],
             "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"gemini-2.5-flash","responseId":"r"}
            """));
        await using var host = await StartAsync(server, TokenIdDialect.None, Contract);
        var answer = translated
            ? await host.PostAsync("/v1/messages", host.BeginUnlimited(), """{"model":"gemini-2.5-flash","max_tokens":9,"messages":[{"role":"user","content":"a"}]}""")
            : await host.PostAsync("/v1beta/models/gemini-2.5-flash:generateContent", host.BeginUnlimited(), """{"contents":[{"role":"user","parts":[{"text":"a"}]}]}""");
        answer.Body.ShouldContain("Hi!");
        answer.Body.ShouldNotContain("chosenCandidates");
        server.Requests.ShouldHaveSingleItem().Body.ShouldContain("\"responseLogprobs\":true");
        await AssertTokensAsync(host, null, "[41,42]", "[-0.25,-0.5]");
        (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt).Confidence!.Value.ShouldBe(Math.Exp(-0.375), 1e-9);
    }

    [Fact]
    public async Task Post_ContractWithAnotherWord_IsRefusedWithItsLine()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, VLlm));
        await using var host = await StartAsync(server, TokenIdDialect.VLlm, "capture: { token_ids: yes }");
        (await host.PostAsync(host.BeginUnlimited(), """{"model":"house/m","messages":[{"role":"user","content":"a"}]}""")).Error.GetProperty("message").GetString()!
            .ShouldBe("espalier.yaml, line 1: 'capture.token_ids' is 'yes'. Write true or false.");
    }

    private static async Task AssertTokensAsync(GatewayHost host, string? prompt, string ids, string logprobs)
    {
        var attempt = (await host.SpansAsync()).First(span => span.Kind == SpanKind.Attempt);
        (attempt.Attributes.GetValueOrDefault("tokens.prompt_ids"), attempt.Attributes["tokens.ids"], attempt.Attributes["tokens.logprobs"]).ShouldBe((prompt, ids, logprobs));
    }

    private static Task<GatewayHost> StartAsync(FakeModelServer server, TokenIdDialect dialect, string contract) => GatewayHost.StartAsync(
        server, options => options.Compatible["house"] = new CompatibleOptions { BaseUrl = server.BaseUrl, ApiKey = "k", TokenIds = dialect }, ("espalier.yaml", contract));
}
