namespace Espalier.Gateway.Pricing;

/// <summary>The rates that hold for one call: those of its row for its tier, its prompt's size and its place.</summary>
internal sealed record Quote
{
    public required Rates Rates { get; init; }

    /// <summary>The service tier when it is not the ordinary one.</summary>
    public string? Tier { get; init; }

    /// <summary>The prompt size above which these rates hold; null below all of them.</summary>
    public long? Above { get; init; }

    /// <summary>The place, where it changes the rates.</summary>
    public string? Region { get; init; }

    /// <returns>The rates, or why there are none.</returns>
    public static (Quote? Quote, string? Reason) Of(PriceRow row, PriceTerms terms, long promptTokens)
    {
        var above = row.Above.LastOrDefault(tier => promptTokens > tier.Tokens);
        var rates = above is null ? row.Rates : row.Rates.With(above.Rates);
        var name = terms.ServiceTier is null or "default" or "standard" or "on_demand" or "auto" ? null : terms.ServiceTier;
        if (name is not null)
        {
            if (!row.Tiers.TryGetValue(name, out var tier)) return (null, $"no price for the service tier '{name}' of {row.Model}");
            // Rates of a tier's own say nothing about long prompts; only a factor carries over to them.
            if (above is not null && tier.Rates.IsWhole) return (null, $"no price for the service tier '{name}' of {row.Model} above {above.Tokens} tokens of prompt");
            rates = rates.Times(tier.Factor).With(tier.Rates);
        }

        var region = terms.Region is { } place && row.Regions.TryGetValue(place, out var factor) ? (Place: place, Factor: factor) : default;
        return (new Quote
        {
            Rates = region.Place is null ? rates : rates.Times(region.Factor),
            Tier = name,
            Above = above?.Tokens,
            Region = region.Place,
        }, null);
    }
}
