using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting.Deferred;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Pricing;
using Espalier.Gateway.Providers;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Accounting;

/// <summary>Reserves before an attempt, settles after it, and keeps both in step with the run's measure and the trace.</summary>
internal sealed class AttemptBook(ILedger ledger, PriceTable prices, ISpanSink spans, DeferredAccounts deferred, GatewayMeter meter, TimeProvider time, IOptions<GatewayOptions> options, IEnumerable<IProviderWatch> watches)
{
    // JSON around a message is longer than what models add to it, and three bytes a token is fewer than any tokenizer needs for text.
    private const int BytesPerToken = 3;

    private static readonly Usd Unlimited = new(long.MaxValue);

    private readonly IProviderWatch[] _watches = [.. watches];

    /// <exception cref="CallRefusal">The money does not reach, or its price is unknown where there is a limit.</exception>
    public async Task<Attempt> OpenAsync(
        CallRecord call, ServedModel model, AttemptRole role, ReadOnlyMemory<byte> body, long outputTokens, string? changedMessages, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!ModelList.Allows(call.Run.Context.Models, model)) throw CallRefusal.NotAllowed($"This key may not call the model '{model.FullName}'. It may call {string.Join(", ", call.Run.Context.Models!)}.");
        var most = (body.Length + BytesPerToken - 1) / BytesPerToken + outputTokens;
        if (call.Run.Limiter?.TryTakeTokens(most) is { } reached) throw CallRefusal.TooFast(reached);
        var price = prices.Find(null, model.FullName, now);
        var id = CallRecord.NewSpanId();
        Usd? reserved = null;
        try
        {
            if (price is not null && UpperBound(price, body.Span, outputTokens) is { } amount) await ReserveAsync(call.Run, Attempt.NewLedgerKey(now, id), (reserved = amount).Value, options.Value.ReservationLease, cancellationToken);
            else await CheckUnknownPriceAsync(call.Run, model.FullName, cancellationToken);
        }
        catch
        {
            call.Run.Limiter?.SettleTokens(most, 0);
            throw;
        }

        call.CountAttempt();
        return new Attempt
        {
            SpanId = id,
            Call = call,
            Model = model,
            Role = role,
            Body = body,
            ChangedMessages = changedMessages,
            Start = now,
            StartTimestamp = time.GetTimestamp(),
            Price = price,
            Reserved = reserved,
            MostTokens = most,
        };
    }

    /// <summary>Must be called once for each attempt, however it ended. Not cancellable: money that was spent is written down.</summary>
    public async Task CloseAsync(Attempt attempt, AttemptResult result)
    {
        var cost = AttemptCost.Of(attempt, result, prices);
        var duration = time.GetElapsedTime(attempt.StartTimestamp);
        Count(result, cost);
        foreach (var watch in _watches) watch.Answered(attempt.Model.Provider.Name, attempt.Call.Run.Context.Version, result.Failure == FailureClasses.Word(FailureClass.RateLimit));
        attempt.Call.Settle(cost, prices.Version);
        attempt.Call.Run.Limiter?.SettleTokens(attempt.MostTokens, (cost.Usage?.InputTotal() ?? 0) + (cost.Usage?.OutputTotal() ?? 0));
        try
        {
            // Still worked on: what is reserved stays so until it is done and billed.
            if (!result.Billed && result.Reported is { Finished: false, ResponseId: { } id })
            {
                await deferred.RememberAsync(BackgroundResponses.BillOf(attempt, id), attempt.Call.Run);
                return;
            }

            if (attempt.Reserved is not { } reserved) return;
            // Unknown after all, by a tier or a tool without a price: what was reserved is the best guess, and the span says that it is none.
            if (result.Billed) await ledger.SettleAsync(attempt.LedgerKey, cost.Cost ?? reserved, CancellationToken.None);
            else await ledger.ReleaseAsync(attempt.LedgerKey, CancellationToken.None);
        }
        finally
        {
            attempt.Call.Run.Settle(attempt.Reserved ?? Usd.Zero, cost.Cost, cost.Usage);
            if (!attempt.Call.Run.Context.Untraced) await spans.AddAsync(attempt.ToSpan(result, cost, duration, prices.Version), CancellationToken.None);
        }
    }

    /// <summary>Tokens of output to reserve for.</summary>
    public long OutputTokens(long? maxTokens, int choices) => (maxTokens ?? options.Value.ReservedOutputTokens) * choices;

    // What a request asks for in ways that change its price is searched for, not parsed: each wire writes it at another place.
    public Usd? UpperBound(PriceRow price, ReadOnlySpan<byte> body, long outputTokens, string? tier = null)
    {
        var prompt = (body.Length + BytesPerToken - 1) / BytesPerToken;
        if (tier is null && body.IndexOf("\"priority\""u8) >= 0 && price.Tiers.ContainsKey("priority")) tier = "priority";
        var terms = new PriceTerms { ServiceTier = tier };
        var hour = price.Rates.CacheWriteHour is not null && body.IndexOf("\"1h\""u8) >= 0;
        var most = Billing.UpperBound(price, terms, prompt, outputTokens, hour) ?? Billing.UpperBound(price, default, prompt, outputTokens, hour);
        return most is { } tokens ? tokens + ToolFees.Most(price, body, options.Value.ReservedToolCalls) : null;
    }

    private void Count(AttemptResult result, AttemptCost cost)
    {
        foreach (var violation in (IReadOnlyList<string>)(result.Reported?.Violations ?? [])) meter.Violated(violation);
        if (cost.Cost is null) meter.Unpriced();
        if (cost.Estimated) meter.Estimated();
    }

    /// <summary>Takes the most that something may cost from the run's own limit and from the ledger.</summary>
    /// <exception cref="CallRefusal">It does not reach.</exception>
    public async Task ReserveAsync(RunAccount run, string key, Usd amount, TimeSpan lease, CancellationToken cancellationToken)
    {
        if (run.TryReserve(amount) is { } refusal) throw Refuse(run, refusal);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Not cancellable half-way: the ledger might have taken it, and nobody would give it back.
            if (await ledger.TryReserveAsync(run.Context.Budget, key, amount, lease, CancellationToken.None) is not { } full) return;
            throw Refuse(
                run,
                $"This call may cost up to {amount} USD; the budget line '{full.Id}' has spent {full.Spent} and reserved {full.Reserved} of its {full.Limit} USD. "
                + "Raise that budget, or ask for fewer max_tokens.",
                full);
        }
        catch
        {
            run.GiveBack(amount);
            throw;
        }
    }

    /// <exception cref="CallRefusal">A model without a price is asked for where a dollar limit could then not be kept.</exception>
    public async Task CheckUnknownPriceAsync(RunAccount run, string model, CancellationToken cancellationToken)
    {
        var policy = run.Context.UnknownPrice ?? (await HasLimitAsync(run.Context, cancellationToken) ? UnknownPricePolicy.Block : UnknownPricePolicy.AllowAndFlag);
        if (policy == UnknownPricePolicy.Block) throw Refuse(run, UnknownPrice(model));
    }

    private async Task<bool> HasLimitAsync(RunContext run, CancellationToken cancellationToken)
    {
        if (run.RunLimit < Unlimited) return true;
        if (await ledger.ReadAsync(BudgetLines.Project, cancellationToken) is { Limit: not null }) return true;
        for (var line = run.Budget.Value; line.Length > 0; line = line.LastIndexOf('/') is var slash and > 0 ? line[..slash] : "")
            if (await ledger.ReadAsync(new BudgetId(line), cancellationToken) is { Limit: not null }) return true;
        return false;
    }

    private static CallRefusal Refuse(RunAccount run, string message, BudgetState? line = null)
    {
        run.Refused(message, byBudget: true, line);
        return CallRefusal.OverBudget(message);
    }

    private static string UnknownPrice(string model) =>
        $"The price of '{model}' is not known, and this run has a dollar limit, which could then not be kept. Add a row for it to a price file of your own "
        + "and name that file in the gateway's option PriceFile.";
}
