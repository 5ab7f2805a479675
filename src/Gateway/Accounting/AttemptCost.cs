using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Pricing;

namespace Espalier.Gateway.Accounting;

/// <summary>What an attempt used and cost, by the provider's word or, labelled, by estimate.</summary>
internal sealed record AttemptCost
{
    public TokenUsage? Usage { get; init; }

    /// <summary>Null when unknown, and then <see cref="Reason"/> says why.</summary>
    public Usd? Cost { get; init; }

    public string? Reason { get; init; }

    public Bill? Bill { get; init; }

    public bool Estimated { get; init; }

    /// <summary>The model whose price was taken, when it is not the one that was asked for.</summary>
    public string? PricedAs { get; init; }

    public static AttemptCost Of(Attempt attempt, AttemptResult result, PriceTable prices)
    {
        if (!result.Billed)
        {
            return new AttemptCost
            {
                Usage = result.Reported?.Tokens,
                Cost = Usd.Zero,
                Reason = result.Reported?.Finished == false ? "the provider works on it still: billed when it is done" : "the provider gave no answer and bills nothing",
            };
        }

        var reported = result.Reported;
        var (usage, estimated) = reported?.Complete(attempt.Body.Length, result.OutputBytes) ?? (UsageEstimate.Of(attempt.Body.Length, result.OutputBytes), true);
        var model = PricedModel(attempt, reported?.Model, prices);
        var terms = new PriceTerms { ServiceTier = reported?.ServiceTier, Region = reported?.Region };
        var (bill, reason) = prices.Price(null, model, usage, terms, attempt.Start);
        return new AttemptCost
        {
            Usage = usage,
            Cost = bill?.Total(),
            Reason = reason ?? (estimated ? "estimated: the provider reported no usage, or not all of it" : null),
            Bill = bill,
            Estimated = estimated,
            PricedAs = model == attempt.Model.FullName ? null : model,
        };
    }

    /// <summary>What is told of it in the attempt's span.</summary>
    public void Describe(Dictionary<string, string> attributes)
    {
        if (Estimated) attributes["usage"] = "estimated";
        if (PricedAs is not null) attributes["priced_as"] = PricedAs;
        if (Bill is not null) attributes[Bill.Attribute] = JsonSerializer.Serialize(Bill, ContractsJson.Default.Bill);
    }

    // A dated snapshot of what was asked for is what the provider bills. Any other name of the answer is only kept beside it, because
    // many servers answer with names of their own. Azure's deployments are named by their owner, and only the answer tells the model.
    private static string PricedModel(Attempt attempt, string? answered, PriceTable prices)
    {
        var asked = attempt.Model.FullName;
        if (answered is null || answered == attempt.Model.Model) return asked;
        var qualified = asked == attempt.Model.Model ? answered : $"{attempt.Model.Provider.Name}/{answered}";
        var isBilled = (attempt.Price is null && ModelNames.KnownProvider(attempt.Model.Provider.Name) == "azure") || ModelNames.IsSnapshotOf(answered, attempt.Model.Model);
        return isBilled && prices.Find(null, qualified, attempt.Start) is not null ? qualified : asked;
    }
}
