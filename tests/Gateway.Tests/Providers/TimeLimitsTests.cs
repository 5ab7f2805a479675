using System.Net;
using System.Net.Sockets;
using System.Text;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Calls.Fallbacks;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Providers;

/// <summary>Servers that are slow in every way there is; each meets the limit that is meant for it.</summary>
public sealed class TimeLimitsTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    // What each vendor sends to announce an answer and to keep a connection open.
    private static readonly Dictionary<string, (string Path, string Body, string Announced, string KeepAlive)> Vendors = new()
    {
        [WireFormats.OpenAiChat] = ("/v1/chat/completions", """{"model":"gpt-4.1-mini","stream":true,"messages":[{"role":"user","content":"x"}]}""",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n", ": OPENROUTER PROCESSING\n\n"),
        [WireFormats.OpenAiResponses] = ("/v1/responses", """{"model":"gpt-4.1-mini","stream":true,"input":"x"}""",
            "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\",\"output\":[]}}\n\n", ": keep-alive\n\n"),
        [WireFormats.Anthropic] = ("/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"x"}]}""",
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
            "event: ping\ndata: {\"type\": \"ping\"}\n\n"),
        [WireFormats.Gemini] = ("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", """{"contents":[{"parts":[{"text":"x"}]}]}""", "", ": hello\n\n"),
    };

    public static TheoryData<string> Names => [.. Vendors.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Post_NothingButAnnouncementsAndPings_IsATimeoutToBeginAndAnotherModelCanStillAnswer(string name)
    {
        var (path, body, announced, keepAlive) = Vendors[name];
        await using var server = new RawModelServer(async (_, stream, stop) =>
        {
            await SayAsync(stream, RawModelServer.Http("text/event-stream", announced), stop);
            await DripAsync(stream, keepAlive, keepAlive.Length, stop);
        });
        foreach (var fallback in (bool[])[false, true])
        {
            await using var host = await StartAsync(server, limits => limits.FirstByteTimeout = Short, options =>
            {
                foreach (var model in (string[])["gpt-4.1-mini", "claude-sonnet-4-5", "gemini-2.5-flash"])
                    if (fallback) options.Fallbacks[model] = [new FallbackOptions { Model = "local/char-nn", On = ["timeout"] }];
            });
            var answer = await host.PostAsync(path, host.BeginUnlimited(), body);
            answer.Status.ShouldBe(fallback ? 200 : 504, answer.Body);
            if (!fallback) answer.Error.GetProperty("message").GetString()!.ShouldContain("0.3 s to begin");
            var attempt = (await host.SpansAsync()).First(span => span.Kind == SpanKind.Attempt);
            (attempt.Attributes["failure"], attempt.Attributes["usage"]).ShouldBe(("timeout", "estimated"));
            attempt.Cost!.Value.Nano.ShouldBeGreaterThan(0);
        }
    }

    [Fact]
    public async Task Post_NobodyTakesTheConnection_IsUnreachableAndCostsNothing()
    {
        // A queue of connections that nobody accepts and that is full: the next one waits.
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        deaf.Listen(0);
        var waiting = new List<Socket>();
        for (var i = 0; i < 8; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            waiting.Add(client);
            try
            {
                await client.ConnectAsync(deaf.LocalEndPoint!, new CancellationTokenSource(200).Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await using var host = await GatewayHost.StartAsync(options =>
        {
            options.OpenAi.BaseUrl = new Uri($"http://{deaf.LocalEndPoint}/v1");
            options.OpenAi.ConnectTimeout = Short;
            options.MaxRetries = 0;
        });
        var answer = await host.PostAsync(host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"));
        answer.Status.ShouldBe(502);
        answer.Error.GetProperty("message").GetString()!.ShouldContain("no connection in 0.3 s");
        var attempt = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt);
        (attempt.Attributes["failure"], attempt.Cost).ShouldBe(("unreachable", Usd.Zero));
        host.Services.GetRequiredService<GatewayState>().Read().Keys.Single(key => key is { Provider: "openai", Model: null }).FailuresInARow.ShouldBe(1);
        waiting.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Post_HeadersDrip_IsATimeoutToBegin()
    {
        await using var server = new RawModelServer(async (_, stream, stop) =>
        {
            await SayAsync(stream, "HTTP/1.1 200 OK\r\n", stop);
            await DripAsync(stream, "x-slow: loris\r\n", 1, stop);
        });
        // Whole answers have their own limit: their first byte comes when all of it was thought and written.
        foreach (var stream in (bool[])[false, true])
        {
            await using var host = await StartAsync(server, limits => (limits.FirstByteTimeout, limits.WholeTimeout) = stream ? (Short, Long) : (Long, Short));
            var answer = await host.PostAsync(host.Begin(), Prompts.Chat("gpt-4.1-mini", "x").Replace("\"model\"", stream ? "\"stream\":true,\"model\"" : "\"model\"", StringComparison.Ordinal));
            (answer.Status, answer.Body.Contains("0.3 s to begin", StringComparison.Ordinal)).ShouldBe((504, true));
        }
    }

    [Fact]
    public async Task Post_BytesOfAnEventThatNeverEnds_AreSilence()
    {
        await using var server = new RawModelServer(async (_, stream, stop) =>
        {
            await SayAsync(stream, RawModelServer.Http("text/event-stream", "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"begun\"}}]}\n\ndata: {\"id\":\"c"), stop);
            await DripAsync(stream, "cccccccccc", 1, stop);
        });
        await using var host = await StartAsync(server, limits => limits.SilenceTimeout = Short);
        var answer = await host.PostAsync(host.Begin(), Prompts.Chat("gpt-4.1-mini", "x", more: ",\"stream\":true"));
        answer.Status.ShouldBe(200);
        answer.Body.ShouldContain("begun");
        answer.Body.TrimEnd().Split("data: ")[^1].ShouldContain("0.3 s of silence");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_AnswerThatGoesOnForever_EndsAtTheTotal(bool streamed)
    {
        const string word = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"on \"}}]}\n\n";
        await using var server = new RawModelServer(async (_, stream, stop) =>
        {
            await SayAsync(stream, RawModelServer.Http(streamed ? "text/event-stream" : "application/json", streamed ? word : "{\"choices\":["), stop);
            await DripAsync(stream, streamed ? word : "    ", streamed ? word.Length : 1, stop);
        });
        await using var host = await StartAsync(server, limits => (limits.TotalTimeout, limits.SilenceTimeout) = (Short, Long));
        var answer = await host.PostAsync(host.Begin(), Prompts.Chat("gpt-4.1-mini", "x", more: streamed ? ",\"stream\":true" : ""));
        answer.Status.ShouldBe(streamed ? 200 : 504);
        answer.Body.ShouldContain("0.3 s in all");
        (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt).Cost!.Value.Nano.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Post_RetryAfterAsADate_IsKept()
    {
        var time = new Testing.Fakes.ManualTime();
        await using var server = await FakeModelServer.StartAsync(
            FakeModelServer.Json(429, "{}", ("retry-after", (time.GetUtcNow() + TimeSpan.FromSeconds(25)).ToString("R", System.Globalization.CultureInfo.InvariantCulture))));
        await using var host = await GatewayHost.StartAsync(server, time, options => options.MaxRetries = 2);
        var answer = await host.PostAsync("/v1/chat/completions", host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"));
        // Longer than a client should be kept waiting: it is told.
        (answer.Status, answer.Headers["retry-after"], server.Calls.Count).ShouldBe((429, "25", 1));
        (await host.PostAsync("/v1/chat/completions", host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"))).Headers["retry-after"].ShouldBe("25");
        server.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Post_TriesAreOverInTime_NoMoreBegin()
    {
        var time = new Testing.Fakes.ManualTime();
        await using var server = await FakeModelServer.StartAsync(http =>
        {
            time.Advance(TimeSpan.FromSeconds(40));
            return FakeModelServer.Json(500, "{}", ("retry-after-ms", "0"))(http);
        });
        await using var host = await GatewayHost.StartAsync(server, time, options =>
        {
            (options.MaxRetries, options.MaxTryTime) = (10, TimeSpan.FromSeconds(100));
            options.Fallbacks["gpt-4.1-mini"] = [new FallbackOptions { Model = "claude-sonnet-4-5" }];
        });
        (await host.PostAsync(host.Begin(), Prompts.Chat("gpt-4.1-mini", "x"))).Status.ShouldBe(500);
        server.Calls.Count.ShouldBe(3);
    }

    private static Task<GatewayHost> StartAsync(RawModelServer server, Action<UpstreamOptions> limit, Action<GatewayOptions>? configure = null) => GatewayHost.StartAsync(options =>
    {
        (options.OpenAi.BaseUrl, options.OpenAi.ApiKey) = (new Uri(server.Root, "/v1"), "sk-openai");
        (options.Anthropic.BaseUrl, options.Anthropic.ApiKey) = (server.Root, "sk-anthropic");
        (options.Gemini.BaseUrl, options.Gemini.ApiKey) = (server.Root, "key-gemini");
        options.MaxRetries = 0;
        foreach (var limits in (UpstreamOptions[])[options.OpenAi, options.Anthropic, options.Gemini])
        {
            (limits.FirstByteTimeout, limits.WholeTimeout, limits.SilenceTimeout, limits.TotalTimeout) = (Long, Long, Long, Long);
            limit(limits);
        }

        configure?.Invoke(options);
    });

    private static async Task SayAsync(Stream stream, string text, CancellationToken stop)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), stop);
        await stream.FlushAsync(stop);
    }

    /// <summary>Says the same a few bytes at a time until the caller hangs up.</summary>
    private static async Task DripAsync(Stream stream, string text, int size, CancellationToken stop)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var at = 0; ; at = (at + size) % bytes.Length)
        {
            await stream.WriteAsync(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), stop);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, stop);
        }
    }
}
