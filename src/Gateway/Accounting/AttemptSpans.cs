using System.Globalization;
using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Accounting;

/// <summary>Writes an attempt as a span.</summary>
internal static class AttemptSpans
{
    public static Span ToSpan(this Attempt attempt, AttemptResult result, AttemptCost cost, TimeSpan duration, string priceTable)
    {
        var reported = result.Reported;
        var attributes = new Dictionary<string, string> { ["billed"] = result.Billed ? "true" : "false" };
        cost.Describe(attributes);
        if (attempt.Key is { } key) attributes["provider.key"] = key;
        if (attempt.IsProbe) attributes["provider.probe"] = "true";
        if (result.Failure is { } failure) attributes["failure"] = failure;
        if (reported?.Json is { } raw) attributes["usage.received"] = raw;
        if (reported?.Model is { } answered && answered != attempt.Model.Model) attributes["model.answered"] = answered;
        if (reported?.ServiceTier is { } tier) attributes["service_tier"] = tier;
        if (reported?.ResponseId is { } id) attributes["response_id"] = id;
        if (reported?.Violations is { Count: > 0 } violations) attributes["usage.violations"] = string.Join("; ", violations);
        if (reported?.Flags is { Count: > 0 } flags) attributes["usage.flags"] = string.Join("; ", flags);
        if (result.Tokens is { IsEmpty: false } tokens) tokens.Describe(attributes);
        if (result.FinishReason is { } finish) attributes["finish_reason"] = finish;
        if (result.IsCancelled) attributes["status"] = "cancelled";
        if (attempt.Reserved is { } reserved) attributes["reserved_nano_usd"] = reserved.Nano.ToString(CultureInfo.InvariantCulture);
        return attempt.Call.NewSpan(attempt.SpanId, attempt.Call.SpanId, SpanKind.Attempt, "attempt", attempt.Start, duration) with
        {
            Role = attempt.Role,
            Provider = attempt.Model.Provider.Name,
            Model = attempt.Model.FullName,
            Usage = cost.Usage,
            Cost = cost.Cost,
            CostReason = cost.Reason,
            PriceTable = cost.Cost is null ? null : priceTable,
            Confidence = result.Confidence,
            Error = result.Error,
            Input = attempt.ChangedMessages,
            Output = result.Output,
            Attributes = attributes,
        };
    }
}
