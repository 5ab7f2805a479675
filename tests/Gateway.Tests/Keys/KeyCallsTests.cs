using System.Net;
using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Releases;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Keys;

/// <summary>Calls by virtual key over a real web server, at local models.</summary>
public sealed class KeyCallsTests
{
    private const string Ask = """{"model":"local/char-nn","messages":[{"role":"system","content":"- abc"},{"role":"user","content":"abcdefgh"}]}""";

    [Fact]
    public async Task Post_VirtualKey_IsATraceOfItsOwnAndCountsOnTheKeysLine()
    {
        await using var host = await GatewayHost.StartAsync();
        var created = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call], Budget = Usd.FromDollars(1) });
        using var answer = await SendAsync(host, created.Secret, Ask, ("x-espalier-agent", "checkout"), ("x-espalier-conversation", "c1"), ("x-espalier-user", "u1"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        const long cost = 10 * 400 + 1 * 1600;
        Header(answer, "x-espalier-cost-usd").ShouldBe(new Usd(cost).ToString());
        Header(answer, "x-espalier-attempts").ShouldBe("1");
        Header(answer, "x-espalier-price-table")!.ShouldStartWith("prices_");
        answer.Headers.Contains("x-espalier-version").ShouldBeFalse();

        var spans = await host.SpansAsync();
        var root = spans.Single(span => span.Kind == SpanKind.Model);
        root.TraceId.Value.ShouldBe(Header(answer, "x-espalier-trace-id"));
        (root.ParentId, root.Agent, root.Version, root.Purpose, root.Conversation, root.User, root.Output).ShouldBe((null, "checkout", null, Purpose.Production, "c1", "u1", "abc"));
        spans.Single(span => span.Kind == SpanKind.Attempt).ParentId.ShouldBe(root.SpanId);
        spans.ShouldAllBe(span => span.TraceId == root.TraceId);
        var line = (await host.Ledger.ReadAsync(BudgetLines.Key(created.Key.Id), GatewayHost.Cancellation)).ShouldNotBeNull();
        (line.Spent, line.Reserved).ShouldBe((new Usd(cost), Usd.Zero));
        (await host.Ledger.ReadAsync(BudgetLines.Keys, GatewayHost.Cancellation))!.Spent.ShouldBe(new Usd(cost));
    }

    [Fact]
    public async Task Post_CallersOwnTrace_IsContinued()
    {
        await using var host = await GatewayHost.StartAsync();
        var created = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call], Agent = "shop" });
        using var answer = await SendAsync(host, created.Secret, Ask, ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var spans = await host.SpansAsync();
        spans.ShouldAllBe(span => span.TraceId.Value == "0af7651916cd43dd8448eb211c80319c" && span.Agent == "shop");
        spans.Single(span => span.Kind == SpanKind.Model).ParentId!.Value.Value.ShouldBe("b7ad6b7169203331");
        spans.ShouldNotContain(span => span.Kind == SpanKind.Agent);
    }

    [Fact]
    public async Task Post_KeyOfAnAgentThatIsServedHere_FollowsTheServedVersionsPolicies()
    {
        var served = new ServedVersions { Version = GatewayHost.Version };
        await using var host = await GatewayHost.StartWithAsync(
            builder => builder.Services.AddSingleton<IServedVersions>(served), null, ("models.yaml", "slots: { triage: { model: local/char-nn } }"));
        var created = await CreateAsync(host, new CreateKey { Name = "desk", Scopes = [KeyScope.Call], Agent = GatewayHost.Agent });
        var ask = Ask.Replace("local/char-nn", "triage", StringComparison.Ordinal);
        using var answer = await SendAsync(host, created.Secret, ask);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        Header(answer, "x-espalier-version").ShouldBe(GatewayHost.Version.Value);
        (await host.SpansAsync()).ShouldAllBe(span => span.Version == GatewayHost.Version);

        // A key that is for any agent says nothing of whose policies it wants.
        var any = await CreateAsync(host, new CreateKey { Name = "any", Scopes = [KeyScope.Call] });
        using var other = await SendAsync(host, any.Secret, ask, ("x-espalier-agent", GatewayHost.Agent));
        other.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        served.Version = null;
        using var gone = await SendAsync(host, created.Secret, ask);
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Post_UntracedKey_CountsMoneyAndWritesNoSpan()
    {
        await using var host = await GatewayHost.StartAsync();
        var created = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call], Untraced = true });
        using var answer = await SendAsync(host, created.Secret, Ask);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.SpansAsync()).ShouldBeEmpty();
        var line = (await host.Ledger.ReadAsync(BudgetLines.Key(created.Key.Id), GatewayHost.Cancellation)).ShouldNotBeNull();
        (line.Spent, line.Reserved).ShouldBe((new Usd(10 * 400 + 1 * 1600), Usd.Zero));
        var traced = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call] });
        using var other = await SendAsync(host, traced.Secret, Ask);
        (await host.SpansAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Post_KeyThatMayNot_IsRefusedWithTheReason()
    {
        await using var host = await GatewayHost.StartAsync();
        foreach (var (request, headers, status) in new (CreateKey, (string, string)[], int)[]
        {
            (new CreateKey { Name = "reader", Scopes = [KeyScope.Read] }, [], 403),
            (new CreateKey { Name = "other", Scopes = [KeyScope.Call], Agent = "shop" }, [("x-espalier-agent", "bank")], 403),
            (new CreateKey { Name = "small", Scopes = [KeyScope.Call], Models = ["local/word-*"] }, [], 403),
            (new CreateKey { Name = "poor", Scopes = [KeyScope.Call], Budget = new Usd(1000) }, [], 402),
        })
        {
            var created = await CreateAsync(host, request);
            using var answer = await SendAsync(host, created.Secret, Ask, headers);
            ((int)answer.StatusCode).ShouldBe(status, request.Name);
        }

        var allowed = await CreateAsync(host, new CreateKey { Name = "small", Scopes = [KeyScope.Call], Models = ["local/char-*"] });
        using var good = await SendAsync(host, allowed.Secret, Ask);
        good.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Post_RevokedExpiredOrUnknownKey_Is401ForAllAlike()
    {
        await using var host = await GatewayHost.StartAsync();
        var created = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call] });
        using (var before = await SendAsync(host, created.Secret, Ask)) before.StatusCode.ShouldBe(HttpStatusCode.OK);
        await host.Services.GetRequiredService<KeyService>().RevokeAsync(created.Key.Id, GatewayHost.Cancellation);
        var bodies = new HashSet<string>();
        foreach (var secret in new[] { created.Secret, KeyHash.NewSecret(), "espk_garbage", "sk-something" })
        {
            using var answer = await SendAsync(host, secret, Ask);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            bodies.Add(await answer.Content.ReadAsStringAsync(GatewayHost.Cancellation));
        }

        bodies.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Post_FasterThanTheKeyMay_Is429WithRetryAfter()
    {
        await using var host = await GatewayHost.StartAsync();
        foreach (var limits in new[] { new KeyLimits { RequestsPerMinute = 1 }, new KeyLimits { TokensPerMinute = 1100 } })
        {
            var created = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call], Limits = limits });
            using (var first = await SendAsync(host, created.Secret, Ask.Replace("}]}", "}],\"max_tokens\":1050}", StringComparison.Ordinal))) first.StatusCode.ShouldBe(HttpStatusCode.OK);
            // The first gave back what it did not use; another of the whole minute's size must wait for the rest.
            using var second = await SendAsync(host, created.Secret, Ask.Replace("}]}", "}],\"max_tokens\":5000}", StringComparison.Ordinal));
            second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            int.Parse(Header(second, "retry-after")!, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
        }
    }

    [Fact]
    public async Task CreateAsync_WhatMakesNoSense_IsRefused()
    {
        await using var host = await GatewayHost.StartAsync();
        foreach (var request in new[]
        {
            new CreateKey { Name = " ", Scopes = [KeyScope.Call] },
            new CreateKey { Name = "a", Scopes = [] },
            new CreateKey { Name = "a", Scopes = [KeyScope.Call], ExpiresInDays = 0 },
            new CreateKey { Name = "a", Scopes = [KeyScope.Call], ExpiresInDays = 3, NeverExpires = true },
            new CreateKey { Name = "a", Scopes = [KeyScope.Call], Models = [] },
            new CreateKey { Name = "a", Scopes = [KeyScope.Call], Budget = new Usd(-1) },
            new CreateKey { Name = "a", Scopes = [KeyScope.Call], SessionBudget = new Usd(-1) },
            new CreateKey { Name = "a", Scopes = [KeyScope.Call], RunBudget = new Usd(-1) },
            new CreateKey { Name = "a", Scopes = [KeyScope.Call], Limits = new KeyLimits { Concurrent = 0 } },
        }) (await Should.ThrowAsync<Refusal>(() => CreateAsync(host, request))).Code.ShouldBe("key-request-not-valid");
    }

    private static Task<CreatedKey> CreateAsync(GatewayHost host, CreateKey request) =>
        host.Services.GetRequiredService<KeyService>().CreateAsync(request, "test", GatewayHost.Cancellation);

    private static async Task<HttpResponseMessage> SendAsync(GatewayHost host, string secret, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("authorization", $"Bearer {secret}");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await host.Http.SendAsync(request, GatewayHost.Cancellation);
    }

    private static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    private sealed class ServedVersions : IServedVersions
    {
        public VersionId? Version { get; set; }

        public ValueTask<VersionId?> FindServedAsync(string agent, CancellationToken cancellationToken) => new(agent == GatewayHost.Agent ? Version : null);
    }
}
