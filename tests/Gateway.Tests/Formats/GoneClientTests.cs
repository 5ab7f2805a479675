using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Formats;

/// <summary>Clients that go away while their server has said a part, or nothing yet: each call is billed, by count or by a labelled estimate.</summary>
/// <remarks>The server goes on when the gateway knows that the client has gone, so that each of these is in the middle for certain.</remarks>
public sealed partial class GoneClientTests
{
    private const int Calls = 24;

    private const string Chat = """{"model":"gpt-4.1-mini","stream":true,"messages":[{"role":"user","content":"call-#-"}]}""";
    private const string Messages = """{"model":"claude-sonnet-4-5","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"call-#-"}]}""";
    private const string Gemini = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";

    private enum Fate
    {
        /// <summary>The server says all the rest.</summary>
        GoesOn,

        /// <summary>The server says nothing more, and the gateway gives up after a while.</summary>
        FallsSilent,

        /// <summary>The server breaks off.</summary>
        Breaks,

        /// <summary>The client goes before the server has said anything; the server answers all the same.</summary>
        BeforeHeaders,
    }

    [Theory]
    [InlineData("/v1/chat/completions", Chat, "openai-sdk", "", false)]
    [InlineData("/v1/responses", """{"model":"gpt-4.1-mini","stream":true,"input":"call-#-"}""", "responses", "", false)]
    [InlineData("/v1/messages", Messages, "anthropic", "", false)]
    [InlineData(Gemini, """{"contents":[{"parts":[{"text":"call-#-"}]}]}""", "gemini", "", false)]
    // Translated.
    [InlineData("/v1/chat/completions", """{"model":"claude-sonnet-4-5","stream":true,"messages":[{"role":"user","content":"call-#-"}]}""", "anthropic", "", false)]
    [InlineData("/v1/messages", """{"model":"gpt-4.1-mini","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"call-#-"}]}""", "openai-sdk", "", true)]
    // By virtual key.
    [InlineData("/v1/chat/completions", Chat, "openai-sdk", "", true)]
    [InlineData("/v1/messages", Messages, "anthropic", "", true)]
    // Under guardrails, which keep some of the answer or all of it back.
    [InlineData("/v1/chat/completions", Chat, "openai-sdk", "window", false)]
    [InlineData("/v1/chat/completions", Chat, "openai-sdk", "buffer", false)]
    [InlineData("/v1/messages", Messages, "anthropic", "audit", false)]
    public async Task Post_ClientGoesInTheMiddle_IsBilledByCountOrByLabelledEstimate(string path, string body, string wire, string guard, bool byKey)
    {
        var said = Enumerable.Range(0, Calls).Select(_ => new TaskCompletionSource()).ToArray();
        var noticed = Enumerable.Range(0, Calls).Select(_ => new TaskCompletionSource()).ToArray();
        var left = Enumerable.Range(0, Calls).Select(_ => new TaskCompletionSource()).ToArray();
        var text = Encoding.UTF8.GetBytes(AbortTests.Wire(wire));
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            var i = Index(FakeModelServer.BodyOf(http));
            var fate = (Fate)(i % 4);
            // Some words, and not all: somewhere in the second quarter.
            var cut = fate == Fate.BeforeHeaders ? 0 : (text.Length / 4) + (text.Length / 4 * i / Calls);
            if (cut > 0)
            {
                http.Response.ContentType = "text/event-stream";
                await http.Response.Body.WriteAsync(text.AsMemory(0, cut), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }

            said[i].SetResult();
            await left[i].Task.WaitAsync(http.RequestAborted);
            if (fate == Fate.Breaks) http.Abort();
            if (fate == Fate.FallsSilent) await Task.Delay(Timeout.Infinite, http.RequestAborted);
            if (cut == 0) http.Response.ContentType = "text/event-stream";
            await http.Response.Body.WriteAsync(text.AsMemory(cut), http.RequestAborted);
        });
        var time = new ManualTimers();
        await using var host = await GatewayHost.StartWithAsync(
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.Services.AddSingleton<IStartupFilter>(new Notice(noticed));
            },
            options =>
            {
                (options.OpenAi.BaseUrl, options.OpenAi.ApiKey) = (server.BaseUrl, "sk-openai");
                (options.Anthropic.BaseUrl, options.Anthropic.ApiKey) = (server.Root, "sk-anthropic");
                (options.Gemini.BaseUrl, options.Gemini.ApiKey) = (server.Root, "key-gemini");
                (options.Breaker.ConsecutiveFailures, options.Breaker.FailureRatio, options.MaxRetries) = (1000, 1, 0);
            },
            guard.Length == 0 ? [] : [("guardrails.yaml", $"guardrails: [ {{ pii: [email], action: redact, stage: output, stream: {guard} }} ]")]);
        var created = byKey ? await host.Services.GetRequiredService<KeyService>().CreateAsync(new CreateKey { Name = "shop", Scopes = [KeyScope.Call] }, "test", GatewayHost.Cancellation) : null;
        var token = created?.Secret ?? host.BeginUnlimited();

        await Parallel.ForEachAsync(Enumerable.Range(0, Calls), new ParallelOptions { MaxDegreeOfParallelism = Calls, CancellationToken = GatewayHost.Cancellation }, async (i, cancellationToken) =>
        {
            using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var asking = AskAsync(host, path, token, body.Replace("#", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), i, leave.Token);
            await said[i].Task.WaitAsync(cancellationToken);
            await leave.CancelAsync();
            await Should.ThrowAsync<Exception>(asking);
            await noticed[i].Task.WaitAsync(cancellationToken);
            left[i].SetResult();
        });
        var line = new BudgetId(created is null ? "production" : BudgetLines.Key(created.Key.Id).Value);
        // Those that the server leaves in silence end when the gateway has waited long enough, and not before.
        await UntilAsync(() => host.Ledger.Settled.Count == Calls * 3 / 4);
        (await host.Ledger.ReadAsync(line, GatewayHost.Cancellation))!.Reserved.ShouldBeGreaterThan(Usd.Zero);
        time.Advance(new GatewayOptions().DrainLimit);
        await UntilAsync(() => host.Ledger.Settled.Count == Calls);

        if (created is null) (await host.EndAsync(token)).Usage.Attempts.ShouldBe(Calls);
        var spans = await SpansAsync(host, Calls * 2);
        var attempts = spans.Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.Count.ShouldBe(Calls);
        foreach (var attempt in attempts)
        {
            var call = spans.Single(span => span.SpanId == attempt.ParentId);
            var fate = (Fate)(Index(call.Input!) % 4);
            var isMeasured = fate is Fate.GoesOn or Fate.BeforeHeaders;
            attempt.Attributes.GetValueOrDefault("usage").ShouldBe(isMeasured ? null : "estimated", $"{fate}");
            attempt.Attributes["billed"].ShouldBe("true");
            // A connection that is reset takes along what was not read yet.
            attempt.Usage!.OutputTotal()!.Value.ShouldBeInRange(isMeasured ? 30 : 0, isMeasured ? 30 : 250, $"{fate}");
            attempt.Cost!.Value.ShouldBeGreaterThan(Usd.Zero);
            host.Ledger.Settled[Attempt.NewLedgerKey(attempt.Start, attempt.SpanId)].ShouldBe(attempt.Cost.Value);
            // Neither an answer nor an error: nobody was there to get it. A server that breaks off is an error whoever listens.
            call.Attributes["status"].ShouldBe("cancelled", $"{fate}");
            (call.Error is null).ShouldBe(fate != Fate.Breaks, $"{fate} {call.Error}");
            (attempt.Error is null).ShouldBe(fate != Fate.Breaks, $"{fate} {attempt.Error}");
            if (fate == Fate.FallsSilent) attempt.Attributes["status"].ShouldBe("cancelled");
        }

        var state = (await host.Ledger.ReadAsync(line, GatewayHost.Cancellation))!;
        (state.Spent.Nano, state.Reserved).ShouldBe((attempts.Sum(span => span.Cost!.Value.Nano), Usd.Zero));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_ClientOfAWholeAnswerGoes_TheAnswerIsWaitedForUpToTheLimitAndBilled(bool answers)
    {
        var (said, noticed, left) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            said.SetResult();
            await left.Task.WaitAsync(http.RequestAborted);
            if (!answers) await Task.Delay(Timeout.Infinite, http.RequestAborted);
            await FakeModelServer.Json(200, """{"id":"c","object":"chat.completion","model":"gpt-4.1-mini","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":30,"total_tokens":39}}""")(http);
        });
        var time = new ManualTimers();
        await using var host = await GatewayHost.StartWithAsync(
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.Services.AddSingleton<IStartupFilter>(new Notice([noticed]));
            },
            options => (options.OpenAi.BaseUrl, options.OpenAi.ApiKey, options.MaxRetries) = (server.BaseUrl, "sk-openai", 2));
        var token = host.BeginUnlimited();
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(GatewayHost.Cancellation);
        var asking = AskAsync(host, "/v1/chat/completions", token, Chat.Replace("\"stream\":true,", "", StringComparison.Ordinal), 0, leave.Token);
        await said.Task;
        await leave.CancelAsync();
        await Should.ThrowAsync<Exception>(asking);
        await noticed.Task;
        left.SetResult();
        if (!answers) time.Advance(new GatewayOptions().DrainLimit);
        var measure = await host.EndAsync(token);
        var spans = await SpansAsync(host, 2);
        var attempt = spans.Single(span => span.Kind == SpanKind.Attempt);
        (attempt.Attributes.GetValueOrDefault("usage"), attempt.Error, attempt.Attributes["status"]).ShouldBe((answers ? null : "estimated", null, "cancelled"));
        if (answers) attempt.Cost.ShouldBe(new Usd((9 * 400) + (30 * 1600)));
        attempt.Cost!.Value.ShouldBeGreaterThan(Usd.Zero);
        measure.Usage.Cost.ShouldBe(attempt.Cost);
        host.Ledger.Settled.Values.Single().ShouldBe(attempt.Cost.Value);
        var call = spans.Single(span => span.Kind == SpanKind.Model);
        (call.Error, call.Attributes["status"]).ShouldBe((null, "cancelled"));
    }

    [Fact]
    public async Task Post_ClientGoesAndTheServerTalksOn_IsReadNoFurtherThanTheLimitOfBytes()
    {
        var (said, noticed, left) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        var told = 0L;
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            var word = Encoding.UTF8.GetBytes("data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + new string('a', 1000) + "\"}}]}\n\n");
            await http.Response.Body.WriteAsync(word, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            said.SetResult();
            await left.Task.WaitAsync(http.RequestAborted);
            for (; told < 100_000; told++) await http.Response.Body.WriteAsync(word, http.RequestAborted);
        });
        await using var host = await GatewayHost.StartWithAsync(
            builder => builder.Services.AddSingleton<IStartupFilter>(new Notice([noticed])),
            options => (options.OpenAi.BaseUrl, options.OpenAi.ApiKey, options.DrainBytes) = (server.BaseUrl, "sk-openai", 50_000));
        var token = host.BeginUnlimited();
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(GatewayHost.Cancellation);
        var asking = AskAsync(host, "/v1/chat/completions", token, Chat, 0, leave.Token);
        await said.Task;
        await leave.CancelAsync();
        await Should.ThrowAsync<Exception>(asking);
        await noticed.Task;
        left.SetResult();
        var measure = await host.EndAsync(token);
        var attempt = (await SpansAsync(host, 2)).Single(span => span.Kind == SpanKind.Attempt);
        (attempt.Attributes["usage"], attempt.Attributes["status"], attempt.Error).ShouldBe(("estimated", "cancelled", null));
        // A thousand bytes before, fifty thousand afterwards and the one that was too much, at four bytes a token.
        attempt.Usage!.OutputTotal()!.Value.ShouldBeInRange(12_500, 13_500);
        measure.Usage.Cost.ShouldBe(attempt.Cost);
    }

    private static async Task AskAsync(GatewayHost host, string path, string token, string body, int index, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("x-api-key", token);
        request.Headers.Add("x-index", index.ToString(CultureInfo.InvariantCulture));
        using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await stream.CopyToAsync(Stream.Null, cancellationToken);
    }

    private static async Task<IReadOnlyList<Span>> SpansAsync(GatewayHost host, int count)
    {
        IReadOnlyList<Span> spans = [];
        for (var tries = 0; tries < 500 && spans.Count < count; tries++)
        {
            spans = await host.SpansAsync();
            if (spans.Count < count) await Task.Delay(20, GatewayHost.Cancellation);
        }

        return [.. spans.Where(span => span.Kind != SpanKind.Guardrail)];
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var tries = 0; tries < 1500 && !isSo(); tries++) await Task.Delay(20, GatewayHost.Cancellation);
        isSo().ShouldBeTrue();
    }

    private static int Index(string text) => int.Parse(Number().Match(text).Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("call-([0-9]+)-")]
    private static partial Regex Number();

    /// <summary>Tells when the gateway knows that a client has gone: callbacks run last in, first out, so what the gateway does about it is done.</summary>
    private sealed class Notice(TaskCompletionSource[] noticed) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (http, follow) =>
            {
                var index = int.Parse(http.Request.Headers["x-index"].ToString(), CultureInfo.InvariantCulture);
                await using var told = http.RequestAborted.Register(() => noticed[index].TrySetResult());
                await follow(http);
            });
            next(app);
        };
    }
}
