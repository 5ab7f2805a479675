using System.Collections.Concurrent;
using System.Net;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Keys;

/// <summary>What calls by virtual keys may spend: on the key, on its sessions and runs, on the project above.</summary>
public sealed class KeyMoneyTests
{
    private const int AtOnce = 64;
    private const string Ask = """{"model":"gpt-4.1-mini","max_tokens":20,"messages":[{"role":"user","content":"x"}]}""";

    // What one of these calls costs, and the most that it can: 83 bytes are 28 tokens.
    private static readonly Usd Cost = new((10 * 400) + (5 * 1600));
    private static readonly Usd Most = new((28 * 400) + (20 * 1600));

    [Fact]
    public async Task Post_SixtyFourAtOnceByKeysOfOneProject_NoLineIsEverPassed()
    {
        var watched = new ConcurrentBag<BudgetId>();
        GatewayHost? watching = null;
        var passed = new ConcurrentQueue<BudgetState>();
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => async http =>
        {
            foreach (var id in watched)
                if (await watching!.Ledger.ReadAsync(id, http.RequestAborted) is { Limit: { } limit } line && line.Spent + line.Reserved > limit) passed.Enqueue(line);
            await ChatReplies.Text(request, "ok")(http);
        }));
        await using var host = await GatewayHost.StartAsync(server);
        watching = host;
        // One key has money for 15 such calls, the others no limit of their own, and the project has 50.
        var keys = new List<CreatedKey>();
        for (var i = 0; i < 4; i++) keys.Add(await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call], Budget = i == 0 ? Times(15) : null }));
        await host.Ledger.OpenAsync(BudgetLines.Project, Times(50), GatewayHost.Cancellation);
        foreach (var line in keys.Select(key => BudgetLines.Key(key.Key.Id)).Append(BudgetLines.Project)) watched.Add(line);
        var answers = await SendAsync(host, 256, i => (keys[i % 4].Secret, []));
        answers.ShouldContain(HttpStatusCode.PaymentRequired);
        // What the last of them were refused for may have been given back since.
        while ((await PostAsync(host, keys[1].Secret, Ask)).Status == 200) answers.Add(HttpStatusCode.OK);

        passed.ShouldBeEmpty();
        answers.ShouldAllBe(status => status == HttpStatusCode.OK || status == HttpStatusCode.PaymentRequired);
        var good = answers.Count(status => status == HttpStatusCode.OK);
        var project = await LineAsync(host, BudgetLines.Project);
        (project.Spent, project.Reserved).ShouldBe((new Usd(Cost.Nano * good), Usd.Zero));
        // As much was reserved as could be spent, so that calls go on until not one more fits.
        (project.Spent + Most).ShouldBeGreaterThan(project.Limit!.Value);
        var lines = await Task.WhenAll(keys.Select(key => LineAsync(host, BudgetLines.Key(key.Key.Id))));
        lines.Sum(line => line.Spent.Nano).ShouldBe(project.Spent.Nano);
        lines[0].Spent.ShouldBeLessThanOrEqualTo(Times(15));
        (await LineAsync(host, BudgetLines.Keys)).Spent.ShouldBe(project.Spent);
        host.Ledger.Settled.Count.ShouldBe(good);
        server.Calls.Count.ShouldBe(good, "what does not fit is refused before anybody is asked");
    }

    [Fact]
    public async Task Post_SessionsAndRunsOfAKey_EachHaveALineThatIsNeverPassed()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server);
        // Room for 10 calls in a run, 25 in a session, 60 in all.
        var key = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call], Budget = Times(60), SessionBudget = Times(25), RunBudget = Times(10) });
        var all = BudgetLines.Key(key.Key.Id);
        var answers = await SendAsync(host, 256, i => (key.Secret, Names(i)));
        answers.ShouldContain(HttpStatusCode.PaymentRequired);
        for (var i = 0; i < 20; i++)
            while ((await PostAsync(host, key.Secret, Ask, Names(i))).Status == 200) answers.Add(HttpStatusCode.OK);
        var spent = await LineAsync(host, all);
        var good = answers.Count(status => status == HttpStatusCode.OK);
        (spent.Spent, spent.Reserved).ShouldBe((new Usd(Cost.Nano * good), Usd.Zero));
        spent.Spent.ShouldBeLessThanOrEqualTo(Times(60));
        (spent.Spent + Most).ShouldBeGreaterThan(Times(60), "all of the key's money was of use");
        long sessions = 0;
        for (var i = 0; i < 4; i++)
        {
            var session = await LineAsync(host, BudgetLines.Session(all, $"s{i}"));
            session.Limit.ShouldBe(Times(25));
            session.Spent.ShouldBeLessThanOrEqualTo(Times(25));
            sessions += session.Spent.Nano;
            long runs = 0;
            for (var j = 0; j < 5; j++)
            {
                if (await host.Ledger.ReadAsync(BudgetLines.Run(session.Id, $"r{j}"), GatewayHost.Cancellation) is not { } run) continue;
                (run.Limit, run.Reserved).ShouldBe((Times(10), Usd.Zero));
                run.Spent.ShouldBeLessThanOrEqualTo(Times(10));
                runs += run.Spent.Nano;
            }

            runs.ShouldBe(session.Spent.Nano);
        }

        sessions.ShouldBe(spent.Spent.Nano);

        static (string, string)[] Names(int i) => [("x-espalier-session", $"s{i % 4}"), ("x-espalier-run-id", $"r{i % 5}")];
    }

    [Fact]
    public async Task Post_RunOfAKey_IsRefusedByItsOwnLineAndNamesIt()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server);
        var key = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call], RunBudget = Most });
        var line = BudgetLines.Run(BudgetLines.Key(key.Key.Id), "r1");
        (await PostAsync(host, key.Secret, Ask, ("x-espalier-run-id", "r1"))).Status.ShouldBe(200);
        var full = await PostAsync(host, key.Secret, Ask, ("x-espalier-run-id", "r1"));
        full.Status.ShouldBe(402);
        full.Error.GetProperty("message").GetString()!.ShouldContain(line.Value);
        (await PostAsync(host, key.Secret, Ask, ("x-espalier-run-id", "r2"))).Status.ShouldBe(200, "another run");

        // A limit that people set holds, whatever the key was made with.
        await host.Ledger.OpenAsync(line, Times(5), GatewayHost.Cancellation);
        (await PostAsync(host, key.Secret, Ask, ("x-espalier-run-id", "r1"))).Status.ShouldBe(200);

        // A call that names no run is one.
        (await PostAsync(host, key.Secret, Ask.Replace("20", "21", StringComparison.Ordinal))).Status.ShouldBe(402);
        (await PostAsync(host, key.Secret, Ask)).Status.ShouldBe(200);
        foreach (var bad in (string[])["a/b", "a b", "a%2Fb", new string('a', 101)])
        {
            var refused = await PostAsync(host, key.Secret, Ask, ("x-espalier-run-id", bad));
            (refused.Status, refused.Error.GetProperty("param").GetString()).ShouldBe((400, "x-espalier-run-id"), bad);
        }

        // Without a budget for runs the name only keeps calls of one run together, and may be anything.
        var other = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call] });
        (await PostAsync(host, other.Secret, Ask, ("x-espalier-run-id", "a b"))).Status.ShouldBe(200);
        (await host.SpansAsync()).Count(span => span.Kind == SpanKind.Model && span.Attributes.GetValueOrDefault("run") == "r1").ShouldBe(3);
    }

    [Fact]
    public async Task Post_PriceUnknown_FollowsTheKeysPolicy()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server);
        var ask = Ask.Replace("gpt-4.1-mini", "mystery-1", StringComparison.Ordinal);
        foreach (var (budget, run, policy, status) in new (Usd?, Usd?, UnknownPricePolicy?, int)[]
        {
            (Usd.FromDollars(5), null, null, 402), (Usd.FromDollars(5), null, UnknownPricePolicy.AllowAndFlag, 200), (null, null, null, 200), (null, null, UnknownPricePolicy.Block, 402),
            (null, Usd.FromDollars(5), null, 402),
        })
        {
            var key = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call], Budget = budget, RunBudget = run, UnknownPrice = policy });
            var before = server.Calls.Count;
            var answer = await PostAsync(host, key.Secret, ask);
            answer.Status.ShouldBe(status, answer.Body);
            (server.Calls.Count - before).ShouldBe(status == 200 ? 1 : 0);
            if (status == 402)
            {
                answer.Error.GetProperty("code").GetString().ShouldBe("budget_exceeded");
                answer.Error.GetProperty("message").GetString()!.ShouldContain("mystery-1");
                continue;
            }

            (answer.Headers["x-espalier-cost-usd"], answer.Headers.ContainsKey("x-espalier-cost-reason")).ShouldBe(("unknown", true));
            var attempt = (await host.SpansAsync()).Last(span => span.Kind == SpanKind.Attempt);
            (attempt.Cost, attempt.CostReason is null).ShouldBe((null, false));
        }
    }

    [Fact]
    public async Task ListAsync_LimitThatWasSetAfterwards_IsShown()
    {
        await using var host = await GatewayHost.StartAsync();
        var service = host.Services.GetRequiredService<KeyService>();
        var key = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call], Budget = Usd.FromDollars(1) });
        (await service.ListAsync(GatewayHost.Cancellation)).Single().Budget.ShouldBe(Usd.FromDollars(1));
        await host.Ledger.OpenAsync(BudgetLines.Key(key.Key.Id), Usd.FromDollars(7), GatewayHost.Cancellation);
        (await service.ListAsync(GatewayHost.Cancellation)).Single().Budget.ShouldBe(Usd.FromDollars(7));
        await host.Ledger.OpenAsync(BudgetLines.Key(key.Key.Id), null, GatewayHost.Cancellation);
        (await service.RevokeAsync(key.Key.Id, GatewayHost.Cancellation)).Budget.ShouldBeNull();
    }

    [Fact]
    public async Task Post_KeyInAzuresHeader_IsAccepted()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server);
        var key = await CreateAsync(host, new CreateKey { Name = "shop", Scopes = [KeyScope.Call] });
        (await host.PostAsync("/v1/chat/completions", key.Secret, Ask, "api-key")).Status.ShouldBe(200);
        server.Calls.Single().Headers.Values.ShouldNotContain(value => value.Contains(key.Secret, StringComparison.Ordinal));
        (await host.PostAsync("/v1/chat/completions", "espk_wrong", Ask, "api-key")).Status.ShouldBe(401);
    }

    private static Usd Times(int calls) => new(Most.Nano * calls);

    private static Task<CreatedKey> CreateAsync(GatewayHost host, CreateKey request) =>
        host.Services.GetRequiredService<KeyService>().CreateAsync(request, "test", GatewayHost.Cancellation);

    private static async Task<BudgetState> LineAsync(GatewayHost host, BudgetId line) => (await host.Ledger.ReadAsync(line, GatewayHost.Cancellation)).ShouldNotBeNull();

    private static Task<Answer> PostAsync(GatewayHost host, string secret, string body, params (string Name, string Value)[] headers) =>
        host.PostAsync("/v1/chat/completions", secret, body, "authorization", headers);

    private static async Task<List<HttpStatusCode>> SendAsync(GatewayHost host, int calls, Func<int, (string Secret, (string Name, string Value)[] Headers)> what)
    {
        var answers = new ConcurrentBag<HttpStatusCode>();
        await Parallel.ForEachAsync(Enumerable.Range(0, calls), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = GatewayHost.Cancellation }, async (i, _) =>
        {
            var (secret, headers) = what(i);
            answers.Add((HttpStatusCode)(await PostAsync(host, secret, Ask, headers)).Status);
        });
        return [.. answers];
    }
}
