using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Deferred;
using Espalier.Gateway.Tests.Fakes;
using Espalier.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Accounting.Deferred;

/// <summary>Responses in the background that nobody fetches, or everybody.</summary>
public sealed class BackgroundResponsesTests
{
    private const string Ask = """{"model":"gpt-4.1-mini","input":"x","background":true,"max_output_tokens":100}""";
    private const string Queued = """{"id":"resp_a","object":"response","model":"gpt-4.1-mini","status":"queued","background":true,"error":null,"output":[],"usage":null}""";
    private const string Done = """{"id":"resp_a","object":"response","model":"gpt-4.1-mini","status":"completed","background":true,"error":null,"output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}],"usage":{"input_tokens":9,"output_tokens":1,"total_tokens":10}}""";

    private static readonly Usd Cost = new((9 * 400) + 1600);
    private static readonly BudgetId Line = new("production");

    [Fact]
    public async Task Poll_ResponseThatNobodyFetches_IsBilledOnceInItsOwnTraceAndOnItsOwnLine()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, Queued), FakeModelServer.Json(200, Queued), FakeModelServer.Json(200, Done));
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.Begin();
        (await host.PostAsync("/v1/responses", token, Ask)).Body.ShouldBe(Queued);
        (await LineAsync(host)).Reserved.ShouldBeGreaterThan(Usd.Zero);
        for (var i = 0; i < 4; i++) await PollAsync(host);
        server.Calls.Count.ShouldBe(3);
        server.Calls.Last().Target.ShouldBe("GET /v1/responses/resp_a");
        var line = await LineAsync(host);
        (line.Spent, line.Reserved).ShouldBe((Cost, Usd.Zero));
        (await host.EndAsync(token)).Usage.Cost.ShouldBe(Cost);
        var spans = await host.SpansAsync();
        var model = spans.Single(span => span.Kind == SpanKind.Model);
        var attempts = spans.Where(span => span.Kind == SpanKind.Attempt).OrderBy(span => span.Cost!.Value.Nano).ToList();
        attempts.Select(span => span.Cost).ShouldBe([Usd.Zero, Cost]);
        attempts.ShouldAllBe(span => span.ParentId == model.SpanId && span.TraceId == model.TraceId);
        attempts[1].Output.ShouldBe("hi");
    }

    [Fact]
    public async Task Poll_AfterARestart_BillsWhatWasLeftAndFetchingAfterwardsChangesNothing()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, Queued), FakeModelServer.Json(200, Done));
        var (ledger, deferred) = (new InMemoryLedger(TimeProvider.System), new InMemoryDeferredBills());
        await using (var first = await StartAsync(server, ledger, deferred))
            (await first.PostAsync("/v1/responses", first.Begin(), Ask)).Status.ShouldBe(200);
        await using var second = await StartAsync(server, ledger, deferred);
        await PollAsync(second);
        (await LineAsync(second)).Spent.ShouldBe(Cost);
        var token = second.Begin();
        for (var i = 0; i < 3; i++) (await GetAsync(second, token)).ShouldBe(200);
        var stranger = second.Begin(GatewayHost.Context() with { Agent = "stranger" });
        (await GetAsync(second, stranger)).ShouldBe(404);
        await PollAsync(second);
        var line = await LineAsync(second);
        (line.Spent, line.Reserved).ShouldBe((Cost, Usd.Zero));
        (await deferred.ListOpenAsync(GatewayHost.Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Poll_ProviderThatFailsOrForgot_IsAskedAgainOrGivenUp()
    {
        await using var server = await FakeModelServer.StartAsync(
            FakeModelServer.Json(200, Queued), FakeModelServer.Json(500, "{}"), FakeModelServer.Json(200, "no json"), FakeModelServer.Json(404, """{"error":{"message":"gone"}}"""));
        await using var host = await GatewayHost.StartAsync(server);
        (await host.PostAsync("/v1/responses", host.Begin(), Ask)).Status.ShouldBe(200);
        for (var i = 0; i < 2; i++) await PollAsync(host);
        (await host.Deferred.ListOpenAsync(GatewayHost.Cancellation)).Count.ShouldBe(1);
        (await LineAsync(host)).Reserved.ShouldBeGreaterThan(Usd.Zero);
        await PollAsync(host);
        (await host.Deferred.ListOpenAsync(GatewayHost.Cancellation)).ShouldBeEmpty();
        var line = await LineAsync(host);
        (line.Spent, line.Reserved).ShouldBe((Usd.Zero, Usd.Zero));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_BackgroundStreamThatBreaksOff_IsBilledByWhatThePollerFindsAndNotByAGuess(bool byClient)
    {
        const string begun = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":" + Queued + "}\n\n"
            + "event: response.in_progress\ndata: {\"type\":\"response.in_progress\",\"response\":" + Queued + "}\n\n"
            + "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"h\"}\n\n";
        await using var server = await FakeModelServer.StartAsync(
            async http =>
            {
                await FakeModelServer.Events(begun)(http);
                await http.Response.Body.FlushAsync(http.RequestAborted);
                if (byClient) await Task.Delay(Timeout.Infinite, http.RequestAborted);
            },
            FakeModelServer.Json(200, Queued), FakeModelServer.Json(200, Done));
        await using var host = await GatewayHost.StartAsync(server, options => options.DrainLimit = TimeSpan.Zero);
        var token = host.Begin();
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/v1/responses") { Content = new StringContent(Ask.Replace("\"background\"", "\"stream\":true,\"background\"", StringComparison.Ordinal), System.Text.Encoding.UTF8, "application/json") })
        {
            request.Headers.TryAddWithoutValidation("authorization", $"Bearer {token}");
            using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, GatewayHost.Cancellation);
            await using var stream = await response.Content.ReadAsStreamAsync(GatewayHost.Cancellation);
            var first = new byte[20];
            await stream.ReadExactlyAsync(first, GatewayHost.Cancellation);
            if (!byClient) await stream.CopyToAsync(Stream.Null, GatewayHost.Cancellation);
        }

        for (var tries = 0; tries < 500 && (await host.Deferred.ListOpenAsync(GatewayHost.Cancellation)).Count == 0; tries++) await Task.Delay(20, GatewayHost.Cancellation);
        (await LineAsync(host)).Spent.ShouldBe(Usd.Zero);
        (await LineAsync(host)).Reserved.ShouldBeGreaterThan(Usd.Zero);
        for (var i = 0; i < 3; i++) await PollAsync(host);
        var line = await LineAsync(host);
        (line.Spent, line.Reserved).ShouldBe((Cost, Usd.Zero));
        (await host.EndAsync(token)).Usage.Cost.ShouldBe(Cost);
        var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.Select(span => span.Attributes["billed"]).Order().ShouldBe(["false", "true"]);
        attempts.Sum(span => span.Cost!.Value.Nano).ShouldBe(Cost.Nano);
    }

    [Fact]
    public async Task Post_BackgroundStreamThatComesToItsEnd_IsBilledAtOnce()
    {
        const string wire = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":" + Queued + "}\n\n"
            + "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":" + Done + "}\n\n";
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Events(wire));
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.Begin();
        (await host.PostAsync("/v1/responses", token, Ask.Replace("\"background\"", "\"stream\":true,\"background\"", StringComparison.Ordinal))).Body.ShouldBe(wire);
        (await host.EndAsync(token)).Usage.Cost.ShouldBe(Cost);
        (await host.Deferred.ListOpenAsync(GatewayHost.Cancellation)).ShouldBeEmpty();
        (await LineAsync(host)).Spent.ShouldBe(Cost);
    }

    [Fact]
    public async Task Poll_WorkThatNeverEnds_IsGivenUpAfterItsTimeAndWhatWasReservedComesBack()
    {
        var time = new ManualTime();
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, Queued));
        await using var host = await GatewayHost.StartAsync(server, time);
        var token = host.Begin();
        (await host.PostAsync("/v1/responses", token, Ask)).Status.ShouldBe(200);
        time.Advance(new GatewayOptions().DeferredPatience);
        await PollAsync(host);
        (await host.Deferred.ListOpenAsync(GatewayHost.Cancellation)).Count.ShouldBe(1, "not a moment before");
        (await LineAsync(host)).Reserved.ShouldBeGreaterThan(Usd.Zero);
        time.Advance(TimeSpan.FromSeconds(1));
        await PollAsync(host);
        (await host.Deferred.ListOpenAsync(GatewayHost.Cancellation)).ShouldBeEmpty();
        var line = await LineAsync(host);
        (line.Spent, line.Reserved).ShouldBe((Usd.Zero, Usd.Zero));
        await PollAsync(host);
        server.Calls.Count.ShouldBe(3, "nobody asks any more");
    }

    private static Task<GatewayHost> StartAsync(FakeModelServer server, InMemoryLedger ledger, InMemoryDeferredBills deferred) => GatewayHost.StartWithAsync(
        _ => { }, ledger, deferred, options => (options.OpenAi.BaseUrl, options.OpenAi.ApiKey, options.MaxRetries) = (server.BaseUrl, "sk-openai", 0));

    private static Task PollAsync(GatewayHost host) => host.Services.GetRequiredService<DeferredPoller>().PollAsync(GatewayHost.Cancellation);

    private static async Task<BudgetState> LineAsync(GatewayHost host) => (await host.Ledger.ReadAsync(Line, GatewayHost.Cancellation))!;

    private static async Task<int> GetAsync(GatewayHost host, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/responses/resp_a");
        request.Headers.TryAddWithoutValidation("authorization", $"Bearer {token}");
        using var response = await host.Http.SendAsync(request, GatewayHost.Cancellation);
        return (int)response.StatusCode;
    }
}
