using System.Globalization;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Pricing;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Accounting;

/// <summary>One request to a provider, from the reservation of its money to its settlement and its span.</summary>
internal sealed record Attempt
{
    /// <summary>Also the key in the ledger.</summary>
    public required SpanId SpanId { get; init; }

    public required CallRecord Call { get; init; }

    public required ServedModel Model { get; init; }

    public required AttemptRole Role { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Messages as sent, when a policy changed what the agent sent.</summary>
    public string? ChangedMessages { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required long StartTimestamp { get; init; }

    /// <summary>Null when unknown.</summary>
    public required PriceRow? Price { get; init; }

    /// <summary>Null when nothing is reserved.</summary>
    public required Usd? Reserved { get; init; }

    /// <summary>What it used and cost, by the provider's word or, labelled, by estimate.</summary>
    public Span ToSpan(AttemptResult result, TimeSpan duration, string priceTable)
    {
        var attributes = new Dictionary<string, string> { ["billed"] = result.Billed ? "true" : "false" };
        var usage = result.Reported?.Tokens;
        string? reason = null;
        if (result.Billed)
        {
            (usage, var estimated) = result.Reported?.Complete(Body.Length, result.OutputBytes) ?? (UsageEstimate.Of(Body.Length, result.OutputBytes), true);
            if (estimated)
            {
                attributes["usage"] = "estimated";
                reason = "estimated: the provider reported no usage, or not all of it";
            }
        }

        Usd? cost = null;
        if (!result.Billed) (cost, reason) = (Usd.Zero, "the provider gave no answer and bills nothing");
        else if (Price is null) reason = $"no price for {Model.FullName}";
        else
        {
            var bill = PricedLine.Bill(Price, usage!);
            cost = bill.Aggregate(Usd.Zero, (sum, line) => sum + line.Amount);
            attributes["bill"] = string.Join("; ", bill);
        }

        if (result.Reported?.Json is { } raw) attributes["usage.received"] = raw;
        if (result.FinishReason is { } finish) attributes["finish_reason"] = finish;
        if (result.ClientGone) attributes["client_gone"] = "true";
        if (Reserved is { } reserved) attributes["reserved_nano_usd"] = reserved.Nano.ToString(CultureInfo.InvariantCulture);
        return Call.NewSpan(SpanId, Call.SpanId, SpanKind.Attempt, "attempt", Start, duration) with
        {
            Role = Role,
            Provider = Model.Provider.Name,
            Model = Model.FullName,
            Usage = usage,
            Cost = cost,
            CostReason = reason,
            PriceTable = cost is null ? null : priceTable,
            Confidence = result.Confidence,
            Error = result.Error,
            Input = ChangedMessages,
            Output = result.Output,
            Attributes = attributes,
        };
    }
}
