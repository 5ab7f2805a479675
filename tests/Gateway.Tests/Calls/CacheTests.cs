using System.Text;
using System.Text.Json.Nodes;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Calls.Caching;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Tests.Fakes;
using Espalier.Testing.Fakes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Tests.Calls;

/// <summary>Equal requests that are answered without asking anybody.</summary>
public sealed class CacheTests
{
    private const string Reply =
        """{"id":"c","object":"chat.completion","model":"gpt-4.1-mini","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110}}""";

    private const string Chunks = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"h\"}}]}\n\n: ping\n\ndata: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"i\"},\"finish_reason\":\"stop\"}]}\r\n\r\n";

    private const string Usage = "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10,\"total_tokens\":110}}\n\n";

    private const long Bill = (100 * 400) + (10 * 1600);

    private const string Message = """{"id":"m","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}""";

    private const string Response = """{"id":"resp_a","object":"response","model":"gpt-4.1-mini","status":"completed","error":null,"output":[{"type":"message","id":"msg_a","role":"assistant","content":[{"type":"output_text","text":"hi"}]}],"usage":{"input_tokens":9,"output_tokens":1,"total_tokens":10}}""";

    private const string Generated = """{"candidates":[{"content":{"parts":[{"text":"hi"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1,"totalTokenCount":10}}""";

    [Fact]
    public async Task Post_EqualRequests_TheSecondCostsNothingAndSaysWhatItSaved()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, Reply));
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.Begin(Production());
        var first = await AskAsync(host, token, Prompts.Chat("gpt-4.1-mini", "x"), "on");
        (first.Headers["x-espalier-cache"], first.Headers["x-espalier-cost-usd"]).ShouldBe(("miss", new Usd(Bill).ToString()));
        // White space and the order of members do not matter.
        var again = JsonNode.Parse(Prompts.Chat("gpt-4.1-mini", "x"))!.AsObject();
        var body = $$"""{ "messages" : {{again["messages"]!.ToJsonString()}} ,  "metadata": {"a":"b"}, "model":"gpt-4.1-mini"}""";
        var second = await AskAsync(host, token, body, "on");
        second.Body.ShouldBe(Reply);
        (second.Headers["x-espalier-cache"], second.Headers["x-espalier-cost-usd"], second.Headers["x-espalier-cost-avoided-usd"]).ShouldBe(("hit", Usd.Zero.ToString(), new Usd(Bill).ToString()));
        server.Calls.Count.ShouldBe(1);
        (await host.EndAsync(token)).Usage.ShouldBe(new RunUsage { Calls = 2, Attempts = 2, InputTokens = 100, OutputTokens = 10, Cost = new Usd(Bill) });
        var hit = (await host.SpansAsync()).Single(span => span.Role == AttemptRole.CacheHit);
        (hit.Cost, hit.Usage, hit.Output, hit.Attributes["billed"]).ShouldBe((Usd.Zero, new TokenUsage { InputUncached = 100, OutputText = 10 }, "hi", "false"));
        hit.Attributes[CacheHits.AvoidedAttribute].ShouldBe($"{Bill}");
        host.Ledger.Settled.Values.Sum(cost => cost.Nano).ShouldBe(Bill);
        var state = host.Services.GetRequiredService<GatewayState>().Read().Cache;
        (state.Entries, state.Hits, state.Misses).ShouldBe((1, 1, 1));
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"x"}],"stream":true}""", Chunks + "data: [DONE]\n\n", Chunks + Usage + "data: [DONE]\n\n")]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{"include_usage":true}}""", Chunks + Usage + "data: [DONE]\n\n", Chunks + Usage + "data: [DONE]\n\n")]
    public async Task Post_EqualStreams_TheSameBytesAreReplayed(string path, string body, string shown, string sent)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Events(sent));
        await using var host = await GatewayHost.StartAsync(server);
        for (var i = 0; i < 3; i++)
        {
            var answer = await host.PostAsync(path, host.Begin(Production()), body, headers: ("x-espalier-cache", "on"));
            (answer.Body, answer.Headers["x-espalier-cache"], answer.ContentType).ShouldBe((shown, i == 0 ? "miss" : "hit", "text/event-stream"));
        }

        server.Calls.Count.ShouldBe(1);
        (await host.SpansAsync()).Count(span => span.Role == AttemptRole.CacheHit && span.Output == "hi" && span.Cost == Usd.Zero).ShouldBe(2);
    }

    [Fact]
    public async Task Post_RecordedClients_EveryFormatRepeatsItsOwnBytes()
    {
        var root = SharedFiles.Require("captures", "wire");
        var repeated = new HashSet<string>();
        foreach (var file in Directory.GetFiles(root, "*.req.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var request = JsonNode.Parse(await File.ReadAllTextAsync(file, GatewayHost.Cancellation))!;
            var path = (string)request["path"]!;
            var (stream, whole) = (file.Replace(".req.json", ".sse", StringComparison.Ordinal), file.Replace(".req.json", ".res.json", StringComparison.Ordinal));
            if (!(File.Exists(stream) || File.Exists(whole)) || path.Contains("embed", StringComparison.OrdinalIgnoreCase) || path.Contains("count", StringComparison.OrdinalIgnoreCase)) continue;
            var reply = File.Exists(stream) ? await File.ReadAllTextAsync(stream, GatewayHost.Cancellation) : JsonNode.Parse(await File.ReadAllTextAsync(whole, GatewayHost.Cancellation))!["body"]!.ToJsonString();
            var body = request["body"]!.AsObject();
            if (path.Contains("/responses", StringComparison.Ordinal)) body["store"] = false;
            await using var server = await FakeModelServer.StartAsync(File.Exists(stream) ? FakeModelServer.Events(reply) : FakeModelServer.Json(200, reply));
            await using var host = await GatewayHost.StartAsync(server);
            var answers = new List<Answer>();
            for (var i = 0; i < 2; i++)
                answers.Add(await host.PostAsync(path, host.Begin(Production() with { RunLimit = new Usd(long.MaxValue) }), body.ToJsonString(), "x-api-key", ("x-espalier-cache", "on")));
            if (answers[0].Status != 200 || body.ContainsKey("previous_response_id")) continue;
            answers[1].Body.ShouldBe(answers[0].Body, file);
            if (answers[1].Headers["x-espalier-cache"] == "hit") repeated.Add($"{path.Split('?')[0].Split(':')[^1].Split('/')[^1]} {File.Exists(stream)}");
        }

        repeated.ShouldBe(
            ["completions False", "completions True", "responses False", "responses True", "messages False", "messages True", "generateContent False", "streamGenerateContent True"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"x"}],"store":true}""", Reply)]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"x"}],"web_search_options":{}}""", Reply)]
    [InlineData("/v1/responses", """{"model":"gpt-4.1-mini","input":"x"}""", Response)]
    [InlineData("/v1/responses", """{"model":"gpt-4.1-mini","input":"x","store":true}""", Response)]
    [InlineData("/v1/responses", """{"model":"gpt-4.1-mini","input":"x","store":false,"background":true}""", Response)]
    [InlineData("/v1/responses", """{"model":"gpt-4.1-mini","input":"x","store":false,"tools":[{"type":"web_search"}]}""", Response)]
    [InlineData("/v1/responses", """{"model":"gpt-4.1-mini","input":"x","store":false,"previous_response_id":"resp_0"}""", Response)]
    [InlineData("/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"web_search_20250305","name":"web_search"}]}""", Message)]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"googleSearch":{}}]}""", Generated)]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"x"}]}""", """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"h"},"finish_reason":"length"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}""")]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"x"}]}""", """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"content_filter"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}""")]
    public async Task Post_WhatMustNotBeRepeated_IsAskedForEachTime(string path, string body, string reply)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, reply));
        await using var host = await GatewayHost.StartAsync(server);
        for (var i = 0; i < 2; i++)
        {
            var answer = await host.PostAsync(path, host.Begin(Production()), body, "x-api-key", ("x-espalier-cache", "on"));
            answer.Status.ShouldBe(200, answer.Body);
            answer.Headers["x-espalier-cache"].ShouldNotBe("hit");
        }

        server.Calls.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}]}""", Reply)]
    [InlineData("/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}""", Message)]
    [InlineData("/v1/responses", """{"model":"gpt-4.1-mini","input":"x","store":false}""", Response)]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}]}""", Generated)]
    public async Task Post_FunctionsOfTheClient_AreNoHindrance(string path, string body, string reply)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, reply));
        await using var host = await GatewayHost.StartAsync(server);
        for (var i = 0; i < 2; i++) (await host.PostAsync(path, host.Begin(Production()), body, "x-api-key", ("x-espalier-cache", "on"))).Body.ShouldBe(reply);
        server.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Post_BrokenStreamsAndErrors_AreNotKept()
    {
        await using var server = await FakeModelServer.StartAsync(
            FakeModelServer.Events(Chunks[..70]), FakeModelServer.Events(Chunks[..(Chunks.IndexOf(": ping", StringComparison.Ordinal))] + "data: {\"error\":{\"message\":\"Overloaded\"}}\n\n"),
            FakeModelServer.Json(500, "{}"), FakeModelServer.Json(200, "{}"), FakeModelServer.Events(Chunks + Usage + "data: [DONE]\n\n"));
        await using var host = await GatewayHost.StartAsync(server);
        for (var i = 0; i < 5; i++)
        {
            var answer = await AskAsync(host, host.Begin(Production()), Prompts.Chat("gpt-4.1-mini", "x", more: ",\"stream\":true"), "on");
            if (answer.Status == 200) answer.Headers["x-espalier-cache"].ShouldBe("miss");
        }

        (await AskAsync(host, host.Begin(Production()), Prompts.Chat("gpt-4.1-mini", "x", more: ",\"stream\":true"), "on")).Headers["x-espalier-cache"].ShouldBe("hit");
        server.Calls.Count.ShouldBe(5);
    }

    [Theory]
    [InlineData(null, false, false, "off")]
    [InlineData("on", false, false, "hit")]
    [InlineData(null, true, false, "hit")]
    [InlineData(null, false, true, "hit")]
    [InlineData("off", true, true, "off")]
    [InlineData("refresh", false, false, "miss")]
    public async Task Post_HeaderPolicyAndOption_TheNearestDecides(string? header, bool option, bool policy, string state)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, Reply));
        await using var host = await GatewayHost.StartAsync(server, options => options.Cache.On = option, policy ? [("router.yaml", "cache: [gpt-4.1-mini]")] : []);
        await AskAsync(host, host.Begin(Production()), Prompts.Chat("gpt-4.1-mini", "x"), header);
        (await AskAsync(host, host.Begin(Production()), Prompts.Chat("gpt-4.1-mini", "x"), header)).Headers["x-espalier-cache"].ShouldBe(state);
        server.Calls.Count.ShouldBe(state == "hit" ? 1 : 2);
    }

    [Fact]
    public async Task Post_AnotherPayerAgentVersionModelOrEvaluation_SharesNothing()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, Reply));
        await using var host = await GatewayHost.StartAsync(server);
        var other = new Contracts.Agents.VersionId(new string('2', 40));
        host.Repository.Put(other);
        await host.Ledger.OpenAsync(new BudgetId("elsewhere"), null, GatewayHost.Cancellation);
        RunContext[] contexts = [Production(), Production() with { Budget = new BudgetId("elsewhere") }, Production() with { Agent = "other" }, Production() with { Version = other }];
        foreach (var context in contexts) (await AskAsync(host, host.Begin(context), Prompts.Chat("gpt-4.1-mini", "x"), "on")).Headers["x-espalier-cache"].ShouldBe("miss");
        (await AskAsync(host, host.Begin(Production()), Prompts.Chat("gpt-4.1-nano", "x"), "on")).Headers["x-espalier-cache"].ShouldBe("miss");
        (await AskAsync(host, host.Begin(Production()), Prompts.Chat("gpt-4.1-mini", "y"), "on")).Headers["x-espalier-cache"].ShouldBe("miss");
        (await AskAsync(host, host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"), "on")).Headers["x-espalier-cache"].ShouldBe("off", "an evaluation pays for what it measures");
        (await AskAsync(host, host.Begin(Production() with { Models = ["claude-*"] }), Prompts.Chat("gpt-4.1-mini", "x"), "on")).Status.ShouldBe(403);
    }

    [Fact]
    public async Task Post_AskedOfAModelOfAnotherFormat_IsTranslatedFromTheKeptReply()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, Message));
        await using var host = await GatewayHost.StartAsync(server);
        var answers = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            var answer = await AskAsync(host, host.Begin(Production()), Prompts.Chat("claude-sonnet-4-5", "x", more: ",\"max_tokens\":9"), "on");
            answer.Content.ShouldBe("hi");
            answers.Add(answer.Headers["x-espalier-cache"]);
        }

        answers.ShouldBe(["miss", "hit"]);
    }

    [Fact]
    public async Task Post_UnknownWish_IsRefused()
    {
        await using var host = await GatewayHost.StartAsync();
        (await AskAsync(host, host.Begin(), Prompts.Chat("local/char-nn", "x"), "yes")).Status.ShouldBe(400);
    }

    [Fact]
    public void ReplyCache_NumberBytesAndAge_AreBounded()
    {
        var time = new ManualTime();
        var options = new GatewayOptions { Cache = { MaxEntries = 10, MaxBytes = 64 << 10, MaxEntryBytes = 16 << 10, MaxAge = TimeSpan.FromMinutes(1) } };
        var cache = new ReplyCache(Options.Create(options), time);
        var dice = new Rng(5);
        for (var i = 0; i < 2000; i++)
        {
            var key = new CacheKey(0, (UInt128)dice.Next(50));
            if (dice.Next(2) == 0) cache.Keep(key, new CachedReply(new byte[dice.Next(20 << 10)], [], time.GetUtcNow()));
            else cache.Find(key);
            cache.State.Entries.ShouldBeLessThanOrEqualTo(10);
            cache.State.Bytes.ShouldBeInRange(0, 64 << 10);
        }

        cache.State.Entries.ShouldBeGreaterThan(0);
        cache.Keep(default, new CachedReply("x"u8.ToArray(), [], time.GetUtcNow()));
        cache.Find(default).ShouldNotBeNull();
        time.Advance(TimeSpan.FromMinutes(1));
        cache.Find(default).ShouldBeNull();
    }

    private static RunContext Production() => GatewayHost.Context() with { Purpose = Purpose.Production };

    private static Task<Answer> AskAsync(GatewayHost host, string token, string body, string? cache) =>
        host.PostAsync("/v1/chat/completions", token, body, "x-api-key", cache is null ? [] : [("x-espalier-cache", cache)]);
}
