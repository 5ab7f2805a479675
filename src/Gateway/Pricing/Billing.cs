using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Pricing;

/// <summary>Turns counts into money by a row of the table.</summary>
/// <remarks>Each line is quantity times rate, rounded half up to a whole nano-dollar once; the bill is the exact sum of its lines.</remarks>
internal static class Billing
{
    private const string Request = "request";

    // USD per million tokens is a thousand nano-dollars per token.
    private const decimal NanoPerToken = 1000;
    private const decimal NanoPerUsd = 1_000_000_000;

    /// <returns>The bill, or why there is none: a part whose price is unknown makes the whole unknown.</returns>
    public static (Bill? Bill, string? Reason) Price(PriceRow row, TokenUsage usage, PriceTerms terms, string table)
    {
        var (quote, reason) = Quote.Of(row, terms, usage.InputTotal() ?? 0);
        if (quote is null) return (null, reason);
        var rates = quote.Rates;
        var lines = new List<BillLine>(4);
        Tokens("input", usage.InputUncached, rates.Input);
        Tokens("input_audio", usage.InputAudio, rates.InputAudio);
        Tokens("cache_read", usage.CacheRead, rates.CacheRead ?? rates.Input);
        Tokens("cache_write", usage.CacheWrite, rates.CacheWrite ?? rates.Input);
        Tokens("cache_write_hour", usage.CacheWriteHour, rates.CacheWriteHour);
        if (rates.Reasoning is null)
        {
            Tokens("output", (usage.OutputText ?? 0) + (usage.OutputReasoning ?? 0), rates.Output);
        }
        else
        {
            Tokens("output", usage.OutputText, rates.Output);
            Tokens("reasoning", usage.OutputReasoning, rates.Reasoning);
        }

        Tokens("output_audio", usage.OutputAudio, rates.OutputAudio);
        if (row.Fees.TryGetValue(Request, out var perRequest)) Calls(Request, 1, perRequest);
        foreach (var (name, count) in usage.BilledCalls ?? new Dictionary<string, long>())
        {
            if (row.Fees.TryGetValue(name, out var fee)) Calls(name, count, fee);
            else if (count > 0) reason ??= $"no price for {name} calls of {row.Model}";
        }

        if (reason is not null) return (null, reason);
        var bill = new Bill
        {
            Model = row.Model,
            EffectiveFrom = row.EffectiveFrom,
            Table = table,
            ServiceTier = quote.Tier,
            AbovePromptTokens = quote.Above,
            Region = quote.Region,
            Lines = lines,
        };
        return (bill, null);

        void Tokens(string name, long? count, decimal? rate)
        {
            if (count is not > 0) return;
            if (rate is { } known) lines.Add(Line(name, BillUnit.Token, count.Value, known, NanoPerToken));
            else reason ??= $"no price for {name} tokens of {row.Model}";
        }

        void Calls(string name, long count, decimal rate)
        {
            if (count > 0) lines.Add(Line(name, BillUnit.Call, count, rate, NanoPerUsd));
        }
    }

    /// <summary>The most that a request can cost, as far as tokens go: nobody knows beforehand how often a model will search.</summary>
    /// <param name="row">The model's prices.</param>
    /// <param name="terms">As the request asks for them: the provider may serve cheaper, not dearer.</param>
    /// <param name="promptTokens">At most.</param>
    /// <param name="outputTokens">At most.</param>
    /// <param name="hourCache">Whether the request asks for a cache that is kept for an hour.</param>
    /// <returns>Null when the table has no price for these terms.</returns>
    public static Usd? UpperBound(PriceRow row, PriceTerms terms, long promptTokens, long outputTokens, bool hourCache)
    {
        if (Quote.Of(row, terms, promptTokens).Quote is not { Rates: var rates }) return null;
        var input = Math.Max(rates.Input, Math.Max(rates.CacheRead ?? 0, rates.CacheWrite ?? 0));
        if (hourCache) input = Math.Max(input, rates.CacheWriteHour ?? 0);
        var output = Math.Max(rates.Output, rates.Reasoning ?? 0);
        return Line("input", BillUnit.Token, promptTokens, input, NanoPerToken).Amount + Line("output", BillUnit.Token, outputTokens, output, NanoPerToken).Amount
            + Line(Request, BillUnit.Call, 1, row.Fees.GetValueOrDefault(Request), NanoPerUsd).Amount;
    }

    private static BillLine Line(string name, BillUnit unit, long quantity, decimal rate, decimal nano) => new()
    {
        Name = name,
        Unit = unit,
        Quantity = quantity,
        Rate = rate,
        Amount = new Usd((long)decimal.Round(quantity * rate * nano, MidpointRounding.AwayFromZero)),
    };
}
