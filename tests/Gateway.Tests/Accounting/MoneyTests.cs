using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Pricing;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Accounting;

public sealed class MoneyTests
{
    [Fact]
    public async Task Post_LocalModel_BillIsExactInTheSpanTheLedgerAndTheMeasure()
    {
        await using var host = await GatewayHost.StartAsync();
        var context = GatewayHost.Context();
        var token = host.Begin(context);
        // "- abc" 5 bytes: 2 + 3 tokens; "abcdefgh" 2 + 3; the answer "abc" 1 token. char-nn: 400 and 1600 nano-dollars a token.
        const long expected = 10 * 400 + 1 * 1600;
        await host.PostAsync(token, """{"model":"local/char-nn","messages":[{"role":"system","content":"- abc"},{"role":"user","content":"abcdefgh"}]}""");
        var measure = await host.EndAsync(token);
        measure.Usage.ShouldBe(new RunUsage { Calls = 1, Attempts = 1, InputTokens = 10, OutputTokens = 1, Cost = new Usd(expected) });
        measure.Refusal.ShouldBeNull();

        var spans = await host.SpansAsync();
        var model = spans.Single(span => span.Kind == SpanKind.Model);
        var attempt = spans.Single(span => span.Kind == SpanKind.Attempt);
        (model.ParentId, attempt.ParentId).ShouldBe((context.ParentSpan, model.SpanId));
        (model.Cost, model.Usage).ShouldBe((null, null));
        (attempt.Cost, attempt.Role, attempt.Provider, attempt.Model).ShouldBe((new Usd(expected), AttemptRole.Primary, "local", "local/char-nn"));
        attempt.PriceTable.ShouldBe(host.Services.GetRequiredService<PriceTable>().Version);
        BillOf(attempt).ShouldBe("input 10 x 0.40 = 0.000004; output 1 x 1.60 = 0.0000016");
        spans.ShouldAllBe(span => span.TraceId == context.TraceId && span.Version == context.Version && span.Agent == context.Agent);
        model.Output.ShouldBe("abc");
        model.Input.ShouldNotBeNull().ShouldStartWith("[{\"role\":\"system\"");

        host.Ledger.Settled.ShouldBe(new Dictionary<string, Usd> { [Attempt.NewLedgerKey(attempt.Start, attempt.SpanId)] = new(expected) });
        var line = (await host.Ledger.ReadAsync(context.Budget, GatewayHost.Cancellation)).ShouldNotBeNull();
        (line.Spent, line.Reserved).ShouldBe((new Usd(expected), Usd.Zero));
    }

    [Fact]
    public async Task Post_RunLimitOrLedgerLineReached_Is402AndRemembered()
    {
        await using var host = await GatewayHost.StartAsync();
        await host.Ledger.OpenAsync(new BudgetId("session/1"), new Usd(1000), GatewayHost.Cancellation);
        foreach (var (context, said) in new[]
        {
            (GatewayHost.Context(limit: new Usd(1000)), "budget.run"),
            (GatewayHost.Context(budget: "session/1"), "'session/1'"),
        })
        {
            var token = host.Begin(context);
            var answer = await host.PostAsync(token, Prompts.Chat("local/char-nn", "x"));
            answer.Status.ShouldBe(402);
            answer.Error.GetProperty("code").GetString().ShouldBe("budget_exceeded");
            answer.Error.GetProperty("message").GetString()!.ShouldContain(said);
            var measure = await host.EndAsync(token);
            (measure.RefusedByBudget, measure.Usage.Calls, measure.Usage.Attempts, measure.Usage.Cost).ShouldBe((true, 1, 0, Usd.Zero));
            measure.Refusal.ShouldNotBeNull().ShouldContain(said);
        }

        (await host.Ledger.ReadAsync(new BudgetId("session/1"), GatewayHost.Cancellation))!.Reserved.ShouldBe(Usd.Zero);
        (await host.SpansAsync()).ShouldAllBe(span => span.Kind == SpanKind.Model && span.Error!.Contains("USD", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Post_SixtyFourAtOnce_NeverOverrunTheLimitAndEverySumAgrees()
    {
        await using var host = await GatewayHost.StartAsync();
        var budget = new BudgetId("session/1/search");
        var limit = new Usd(8_000_000);
        await host.Ledger.OpenAsync(new BudgetId("session/1"), limit, GatewayHost.Cancellation);
        await host.Ledger.OpenAsync(budget, null, GatewayHost.Cancellation);
        var measures = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            var token = host.Begin(GatewayHost.Context(budget: budget.Value));
            for (var i = 0; i < 8; i++)
            {
                await host.PostAsync(token, Prompts.Chat("local/char-nn", "parcel " + i));
                var now = (await host.Ledger.ReadAsync(new BudgetId("session/1"), GatewayHost.Cancellation))!;
                (now.Spent + now.Reserved <= limit).ShouldBeTrue();
            }

            return await host.EndAsync(token);
        })));

        var line = (await host.Ledger.ReadAsync(budget, GatewayHost.Cancellation)).ShouldNotBeNull();
        var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ToList();
        line.Reserved.ShouldBe(Usd.Zero);
        (line.Spent <= limit).ShouldBeTrue();
        line.Spent.Nano.ShouldBe(attempts.Sum(span => span.Cost!.Value.Nano));
        line.Spent.Nano.ShouldBe(measures.Sum(measure => measure.Usage.Cost!.Value.Nano));
        attempts.ToDictionary(span => Attempt.NewLedgerKey(span.Start, span.SpanId), span => span.Cost!.Value).ShouldBe(host.Ledger.Settled, ignoreOrder: true);
        measures.ShouldContain(measure => measure.RefusedByBudget, "the limit was reached, so the refusals were tested");
        measures.Sum(measure => measure.Usage.Attempts).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Post_SixtyFourOfOneRun_NeverOverrunItsLimit()
    {
        await using var host = await GatewayHost.StartAsync();
        var limit = new Usd(4_000_000);
        var token = host.Begin(GatewayHost.Context(limit));
        var answers = await Task.WhenAll(Enumerable.Range(0, 256).Select(i => Task.Run(() => host.PostAsync(token, Prompts.Chat("local/char-nn", "parcel " + i)))));
        var measure = await host.EndAsync(token);
        (measure.Usage.Cost!.Value <= limit).ShouldBeTrue();
        answers.ShouldContain(answer => answer.Status == 402);
        answers.Count(answer => answer.Status == 200).ShouldBe(measure.Usage.Attempts);
    }

    [Fact]
    public async Task SpanSink_StoreAwayForAWhile_LosesNothing()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Store.FailuresLeft = 1;
        await host.PostAsync(host.Begin(), Prompts.Chat("local/char-nn", "x"));
        (await host.SpansAsync()).Count.ShouldBe(2);
    }

    private static string BillOf(Span attempt) => string.Join("; ", JsonSerializer.Deserialize(attempt.Attributes[Bill.Attribute], ContractsJson.Default.Bill)!
        .Lines.Select(line => FormattableString.Invariant($"{line.Name} {line.Quantity} x {line.Rate} = {line.Amount}")));
}
