using System.Net;
using System.Net.Sockets;
using System.Text;
using Espalier.Contracts.Runs;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Providers.Keys;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Espalier.Gateway.Tests.Keys;

/// <summary>Where secrets are taken, and where they must not come out.</summary>
public sealed class SecretsTests : IDisposable
{
    private const string Planted = "PLANTED-PROMPT-7301";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "espalier-secrets-" + Path.GetRandomFileName());

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Post_ThroughTheSandboxesSocket_OnlyRunTokensAreTaken()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Sandboxes have their socket on Unix.");
        Directory.CreateDirectory(_folder);
        var socket = Path.Combine(_folder, "gateway.sock");
        await using var host = await GatewayHost.StartWithAsync(builder => builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.ListenUnixSocket(socket);
        }));
        var created = await host.Services.GetRequiredService<KeyService>().CreateAsync(new CreateKey { Name = "shop", Scopes = [KeyScope.Call] }, "test", GatewayHost.Cancellation);
        (await host.PostAsync("/v1/chat/completions", created.Secret, Prompts.Chat("local/char-nn", "x"))).Status.ShouldBe(200, "elsewhere it is good");

        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(client, ownsSocket: true);
            },
        });
        foreach (var (secret, status) in ((string, int)[])[(host.Begin(), 200), (created.Secret, 401), ("espk_none", 401), (host.Tokens.Issue(), 401)])
        {
            for (var i = 0; i < 15; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "http://gateway/v1/chat/completions") { Content = new StringContent(Prompts.Chat("local/char-nn", "x"), Encoding.UTF8, "application/json") };
                request.Headers.Add("x-api-key", secret);
                using var answer = await http.SendAsync(request, GatewayHost.Cancellation);
                ((int)answer.StatusCode).ShouldBe(status);
            }
        }
    }

    [Fact]
    public async Task Log_AtItsMostTalkative_HoldsNoKeyTokenPromptOrAnswer()
    {
        using var log = new LogCapture();
        string[] keys = ["sk-planted-one-000", "sk-planted-two-000", "sk-ant-planted-000", "gm-planted-0000000", "sk-kept-planted-00"];
        var next = 0;
        await using var server = await FakeModelServer.StartAsync(http => (Interlocked.Increment(ref next) % 6) switch
        {
            0 => FakeModelServer.Json(401, $$$"""{"error":{"message":"Incorrect API key provided: {{{http.Request.Headers.Authorization}}} {{{http.Request.Headers["x-api-key"]}}}"}}""")(http),
            1 => FakeModelServer.Json(500, $$$"""{"error":{"message":"{{{Planted}}}"}}""")(http),
            2 => FakeModelServer.Events($"data: {{\"choices\":[{{\"delta\":{{\"content\":\"{Planted}\"}}}}]}}\n\n")(http),
            3 => FakeModelServer.Json(200, $"<{Planted}>")(http),
            4 => FakeModelServer.Json(429, "{}", ("retry-after", "1"))(http),
            _ => FakeModelServer.Json(200, $$$"""{"choices":[{"index":0,"message":{"role":"assistant","content":"{{{Planted}}}"},"finish_reason":"stop"}]}""")(http),
        });
        await using var host = await GatewayHost.StartWithAsync(
            builder =>
            {
                // As the server does: this one writes queries, in which Google's clients send their key.
                builder.Logging.SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning).AddProvider(log);
            },
            options =>
            {
                (options.OpenAi.BaseUrl, options.OpenAi.ApiKey) = (server.BaseUrl, keys[0]);
                options.OpenAi.Keys.Add(new UpstreamKeyOptions { Name = "second", ApiKey = keys[1] });
                (options.Anthropic.BaseUrl, options.Anthropic.ApiKey) = (server.Root, keys[2]);
                (options.Gemini.BaseUrl, options.Gemini.ApiKey) = (server.Root, keys[3]);
                options.KeyFolder = _folder;
                options.Breaker.ConsecutiveFailures = 1000;
                options.MaxRetries = 1;
            });
        host.Services.GetRequiredService<ProviderKeys>().Set("house", keys[4]);
        var created = await host.Services.GetRequiredService<KeyService>().CreateAsync(new CreateKey { Name = "shop", Scopes = [KeyScope.Call] }, "test", GatewayHost.Cancellation);
        var (token, wrong) = (host.BeginUnlimited(), KeyHash.NewSecret());
        host.Store.FailuresLeft = 1;
        for (var i = 0; i < 12; i++)
        {
            foreach (var secret in (string[])[token, created.Secret, wrong])
            {
                await host.PostAsync("/v1/chat/completions", secret, Prompts.Chat("gpt-4.1-mini", Planted, more: i % 2 == 0 ? ",\"stream\":true" : ""));
                await host.PostAsync("/v1/messages", secret, $$"""{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"{{Planted}}"}]}""");
                await host.PostAsync($"/v1beta/models/gemini-2.5-flash:generateContent?key={secret}", secret, $$"""{"contents":[{"parts":[{"text":"{{Planted}}"}]}]}""");
                await host.PostAsync("/v1/chat/completions", secret, Planted);
            }
        }

        await host.SpansAsync();
        log.Lines.Count.ShouldBeGreaterThan(50, "much was logged");
        log.Lines.ShouldContain(line => line.Contains("SpansNotWritten", StringComparison.Ordinal) || line.Contains("Spans were not written", StringComparison.Ordinal));
        foreach (var secret in (string[])[.. keys, token, created.Secret, wrong, Planted])
            log.Lines.Where(line => line.Contains(secret, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
        (await host.SpansAsync()).SelectMany(span => (string?[])[span.Error, span.Output, .. span.Attributes.Values]).ShouldAllBe(text => text == null || !keys.Any(key => text.Contains(key)));
    }
}
