using System.Globalization;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Providers.Keys;
using Espalier.Gateway.Tests.Fakes;
using Espalier.Testing.Fakes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Calls;

/// <summary>Several keys of one provider: who is asked with which, and what happens when one is good for nothing.</summary>
public sealed class KeysTests : IDisposable
{
    private const string Reply =
        """{"id":"c","object":"chat.completion","model":"gpt-4.1-mini","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110}}""";

    private const string Revoked = """{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}""";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "espalier-pool-" + Path.GetRandomFileName());

    private readonly Dictionary<string, Func<HttpContext, Task>> _answers = [];

    private readonly ManualTime _time = new();

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Post_KeyWasRevoked_AnotherOneAnswersAndTheFirstIsLeftAlone()
    {
        await using var server = await StartServerAsync();
        await using var host = await StartAsync(server, "sk-a", "sk-b");
        var first = await FirstKeyAsync(host, server);
        _answers[first] = FakeModelServer.Json(401, Revoked);
        var token = host.Begin(Conversation("c0"));
        var answer = await AskAsync(host, token);
        (answer.Status, answer.Headers["x-espalier-attempts"]).ShouldBe((200, "2"));
        answer.Headers["x-espalier-tried"].ShouldBe("gpt-4.1-mini;role=primary;outcome=auth, gpt-4.1-mini;role=retry;outcome=ok");
        var asked = server.Calls.Count;
        (await AskAsync(host, token)).Headers["x-espalier-attempts"].ShouldBe("1");
        server.Calls.Count.ShouldBe(asked + 1, "the revoked key is not tried again");
        var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt && span.Attributes.ContainsKey("failure")).ToList();
        attempts.ShouldHaveSingleItem().Attributes["failure"].ShouldBe("auth");
        var state = State(host).Single(key => key.State == BreakerState.Open);
        (state.Provider, state.Model, state.OpenUntil).ShouldBe(("openai", null, _time.GetUtcNow() + TimeSpan.FromSeconds(15)));
        State(host).Count(key => key.Provider == "openai").ShouldBe(2);
        (await host.SpansAsync()).SelectMany(span => span.Attributes.Values).ShouldNotContain(value => value.Contains("sk-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Post_AllKeysAskToWaitLong_IsPassedOnAndThenRefusedAtOnceWithRetryAfterInEachFormat()
    {
        await using var server = await StartServerAsync();
        await using var host = await StartAsync(server, "sk-a", "sk-b");
        _answers["sk-a"] = _answers["sk-b"] = FakeModelServer.Json(429, """{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}""", ("retry-after", "3600"));
        (await AskAsync(host, host.Begin())).Status.ShouldBe(429);
        server.Calls.Count.ShouldBe(2, "each key was asked once, without a wait");
        foreach (var (path, body) in new[]
        {
            ("/v1/chat/completions", Prompts.Chat("gpt-4.1-mini", "x")),
            ("/v1/responses", """{"model":"gpt-4.1-mini","input":"x"}"""),
            ("/v1/messages", """{"model":"gpt-4.1-mini","max_tokens":9,"messages":[{"role":"user","content":"x"}]}"""),
            ("/v1beta/models/gpt-4.1-mini:generateContent", """{"contents":[{"role":"user","parts":[{"text":"x"}]}]}"""),
        })
        {
            var answer = await host.PostAsync(path, host.Begin(), body);
            answer.Status.ShouldBe(503, path);
            int.Parse(answer.Headers["retry-after"], CultureInfo.InvariantCulture).ShouldBe(300, path);
            answer.Error.GetProperty("message").GetString()!.ShouldContain("all 2 of its keys");
        }

        server.Calls.Count.ShouldBe(2, "nobody was asked");
        (await host.PostAsync(host.Begin(), Prompts.Chat("gpt-4.1-nano", "x"))).Status.ShouldBe(429, "another model has a rate of its own");
    }

    [Fact]
    public async Task Post_TimeIsOver_OneProbeDecides()
    {
        await using var server = await StartServerAsync();
        await using var host = await StartAsync(server, "sk-a");
        _answers["sk-a"] = FakeModelServer.Json(401, Revoked);
        (await AskAsync(host, host.Begin())).Status.ShouldBe(502);
        (await AskAsync(host, host.Begin())).Status.ShouldBe(503);
        _time.Advance(TimeSpan.FromSeconds(15));
        (await AskAsync(host, host.Begin())).Status.ShouldBe(502);
        State(host).Single(key => key.Provider == "openai").OpenUntil.ShouldBe(_time.GetUtcNow() + TimeSpan.FromSeconds(30));
        _answers.Clear();
        _time.Advance(TimeSpan.FromSeconds(30));
        (await AskAsync(host, host.Begin())).Status.ShouldBe(200);
        State(host).Single(key => key.Provider == "openai").State.ShouldBe(BreakerState.Closed);
        server.Calls.Count.ShouldBe(3);
        (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).Select(span => span.Attributes.ContainsKey("provider.probe")).ShouldBe([false, true, true]);
    }

    [Fact]
    public async Task Post_OneConversation_StaysWithItsKeyAndComesBackToIt()
    {
        await using var server = await StartServerAsync();
        await using var host = await StartAsync(server, "sk-a", "sk-b", "sk-c");
        var keys = new Dictionary<int, string>();
        for (var conversation = 0; conversation < 40; conversation++)
        {
            for (var turn = 0; turn < 2; turn++) (await AskAsync(host, host.Begin(Conversation($"c{conversation}")))).Status.ShouldBe(200);
            var asked = server.Calls.TakeLast(2).Select(Key).Distinct().ToList();
            keys[conversation] = asked.ShouldHaveSingleItem();
        }

        keys.Values.Distinct().Count().ShouldBe(3);
        _answers["sk-a"] = FakeModelServer.Json(401, Revoked);
        for (var round = 0; round < 2; round++)
        {
            foreach (var (conversation, key) in keys)
            {
                (await AskAsync(host, host.Begin(Conversation($"c{conversation}")))).Status.ShouldBe(200);
                if (key == "sk-a") Key(server.Calls.Last()).ShouldNotBe("sk-a");
                else Key(server.Calls.Last()).ShouldBe(key, "only those of the bad key move");
            }
        }

        _answers.Clear();
        _time.Advance(TimeSpan.FromMinutes(5));
        foreach (var (conversation, key) in keys)
        {
            (await AskAsync(host, host.Begin(Conversation($"c{conversation}")))).Status.ShouldBe(200);
            Key(server.Calls.Last()).ShouldBe(key);
        }
    }

    [Fact]
    public async Task Post_ByVirtualKeyWithoutAConversation_EqualBeginningsGoTheSameWay()
    {
        await using var server = await StartServerAsync();
        await using var host = await StartAsync(server, "sk-a", "sk-b", "sk-c");
        var created = await host.Services.GetRequiredService<KeyService>().CreateAsync(
            new Contracts.Runs.CreateKey { Name = "shop", Scopes = [Contracts.Runs.KeyScope.Call] }, "test", GatewayHost.Cancellation);
        var ways = new HashSet<string>();
        for (var prompt = 0; prompt < 20; prompt++)
        {
            // A conversation grows behind its first message.
            foreach (var more in (string[])["", ",{\"role\":\"assistant\",\"content\":\"and?\"},{\"role\":\"user\",\"content\":\"more\"}"])
            {
                var body = $$"""{"model":"gpt-4.1-mini","messages":[{"role":"system","content":"be kind"},{"role":"user","content":"case {{prompt}}"}{{more}}]}""";
                (await host.PostAsync("/v1/chat/completions", created.Secret, body)).Status.ShouldBe(200);
            }

            ways.Add(server.Calls.TakeLast(2).Select(Key).Distinct().ShouldHaveSingleItem());
        }

        ways.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Post_KeyIsSetWhileTheServerRuns_IsUsedAtOnceAndRotatesWithItsPredecessor()
    {
        await using var server = await StartServerAsync();
        await using var host = await GatewayHost.StartAsync(server, _time, options =>
        {
            (options.OpenAi.BaseUrl, options.OpenAi.ApiKey, options.KeyFolder) = (server.BaseUrl, null, _folder);
            options.Compatible["house"] = new() { BaseUrl = server.BaseUrl };
            options.MaxRetries = 2;
        });
        var kept = host.Services.GetRequiredService<ProviderKeys>();
        kept.Set("openai", "sk-first-00000000");
        (await AskAsync(host, host.Begin())).Status.ShouldBe(200);
        Key(server.Calls.Last()).ShouldBe("sk-first-00000000");

        // The new key is wrong: until its end the old one stands in.
        kept.Set("openai", "sk-wrong-00000000", _time.GetUtcNow() + TimeSpan.FromHours(1)).Previous.ShouldHaveSingleItem().Last4.ShouldBe("0000");
        _answers["sk-wrong-00000000"] = FakeModelServer.Json(401, Revoked);
        (await AskAsync(host, host.Begin())).Status.ShouldBe(200);
        server.Calls.TakeLast(2).Select(Key).ShouldBe(["sk-wrong-00000000", "sk-first-00000000"]);
        _time.Advance(TimeSpan.FromHours(1));
        (await AskAsync(host, host.Begin())).Status.ShouldBe(502);
        server.Calls.TakeLast(1).Select(Key).ShouldBe(["sk-wrong-00000000"]);

        kept.Set("openai", "sk-right-00000000");
        (await AskAsync(host, host.Begin())).Status.ShouldBe(200);
        Key(server.Calls.Last()).ShouldBe("sk-right-00000000");
        kept.Remove("openai");
        (await AskAsync(host, host.Begin())).Status.ShouldBe(200);
        Key(server.Calls.Last()).ShouldBe("", "a server that has an address is asked without a key");
    }

    [Fact]
    public async Task Post_VendorsKeyIsSetWhileTheServerRuns_BringsItsModels()
    {
        await using var host = await GatewayHost.StartAsync(options =>
        {
            options.KeyFolder = _folder;
            options.Anthropic.UsualUrl = new Uri("http://127.0.0.1:9");
            options.MaxRetries = 0;
        });
        const string body = """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"x"}]}""";
        (await host.PostAsync("/v1/messages", host.Begin(), body)).Status.ShouldBe(404);
        host.Services.GetRequiredService<ProviderKeys>().Set("anthropic", "sk-ant-00000000");
        (await host.PostAsync("/v1/messages", host.Begin(), body)).Status.ShouldBe(502, "nobody listens there, but it was asked");
    }

    [Fact]
    public async Task Post_GoesOnFromAReply_OnlyTheKeyThatMadeItIsAskedAndNobodyStandsInForIt()
    {
        var made = 0;
        await using var server = await FakeModelServer.StartAsync(http =>
            FakeModelServer.Json(200, $$$"""{"id":"resp_{{{Interlocked.Increment(ref made)}}}","object":"response","model":"gpt-4.1-mini","status":"completed","error":null,"output":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"sealed-{{{made}}}"},{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"hi"}]}],"usage":{"input_tokens":9,"output_tokens":1,"total_tokens":10}}""")(http));
        await using var host = await StartAsync(server, "sk-a", "sk-b", "sk-c");
        for (var i = 1; i <= 12; i++)
        {
            (await host.PostAsync("/v1/responses", host.Begin(), $$"""{"model":"gpt-4.1-mini","input":"x{{i}}"}""")).Status.ShouldBe(200);
            var key = Key(server.Calls.Last());
            (await host.PostAsync("/v1/responses", host.Begin(), $$"""{"model":"gpt-4.1-mini","input":"y","previous_response_id":"resp_{{made}}"}""")).Status.ShouldBe(200);
            Key(server.Calls.Last()).ShouldBe(key);
            (await host.PostAsync("/v1/responses", host.Begin(), Sealed(made - 1))).Status.ShouldBe(200);
            Key(server.Calls.Last()).ShouldBe(key);
        }

        var last = made - 2;
        var pinned = Key(server.Calls.Last());
        host.Services.GetRequiredService<ModelCatalog>().Find("gpt-4.1-mini")!.Provider.Keys!.Current.Single(key => key.Secret == pinned).TryEnter("gpt-4.1-mini")!
            .Failed(new ProviderFailure { Status = 502, Message = "revoked", Class = FailureClass.Auth, IsRefusedKey = true });
        foreach (var body in (string[])[$$"""{"model":"gpt-4.1-mini","input":"y","previous_response_id":"resp_{{last}}"}""", Sealed(last)])
        {
            var answer = await host.PostAsync("/v1/responses", host.Begin(), body);
            (answer.Status, answer.Error.GetProperty("code").GetString()).ShouldBe((503, "provider_unavailable"));
            answer.Error.GetProperty("message").GetString()!.ShouldContain("No other account");
        }

        static string Sealed(int number) =>
            $$"""{"model":"gpt-4.1-mini","store":false,"input":[{"role":"user","content":"x"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"sealed-{{number}}"},{"role":"user","content":"y"}]}""";
    }

    [Fact]
    public async Task Post_OtherAddressOfTheSameModels_IsAskedThere()
    {
        await using var server = await StartServerAsync();
        await using var other = await StartServerAsync();
        await using var host = await GatewayHost.StartAsync(server, _time, options => options.Compatible["house"] = new()
        {
            BaseUrl = server.BaseUrl, ApiKey = "sk-house", Keys = [new UpstreamKeyOptions { Name = "second", ApiKey = "sk-second", BaseUrl = other.BaseUrl }],
        });
        for (var i = 0; i < 20; i++) (await host.PostAsync("/v1/chat/completions", host.Begin(Conversation($"c{i}") with { RunLimit = new Usd(long.MaxValue) }), Prompts.Chat("house/m", "x"))).Status.ShouldBe(200);
        server.Calls.Select(Key).Distinct().ShouldBe(["sk-house"]);
        other.Calls.Select(Key).Distinct().ShouldBe(["sk-second"]);
        (server.Calls.Count + other.Calls.Count).ShouldBe(20);
    }

    private static string Key(UpstreamCall call) => call.Headers.GetValueOrDefault("authorization", "").Replace("Bearer ", "", StringComparison.Ordinal);

    private static Core.Runs.RunContext Conversation(string name) => GatewayHost.Context() with { Conversation = name };

    private static Task<Answer> AskAsync(GatewayHost host, string token) => host.PostAsync("/v1/chat/completions", token, Prompts.Chat("gpt-4.1-mini", "x"));

    private static IReadOnlyList<ProviderKeyState> State(GatewayHost host) => [.. host.Services.GetRequiredService<GatewayState>().Read().Keys.Where(key => key.Provider == "openai")];

    private static async Task<string> FirstKeyAsync(GatewayHost host, FakeModelServer server)
    {
        (await AskAsync(host, host.Begin(Conversation("c0")))).Status.ShouldBe(200);
        return Key(server.Calls.Last());
    }

    private Task<FakeModelServer> StartServerAsync() => FakeModelServer.StartAsync(http =>
        _answers.GetValueOrDefault(http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal), FakeModelServer.Json(200, Reply))(http));

    private Task<GatewayHost> StartAsync(FakeModelServer server, params string[] keys) => GatewayHost.StartAsync(server, _time, options =>
    {
        options.OpenAi.ApiKey = keys[0];
        foreach (var key in keys[1..]) options.OpenAi.Keys.Add(new UpstreamKeyOptions { Name = $"key-{key[^1]}", ApiKey = key });
        options.MaxRetries = 2;
    });
}
