namespace Espalier.Gateway.Pricing;

/// <summary>How a call was served, as far as its price depends on it.</summary>
internal readonly record struct PriceTerms
{
    /// <summary>As the provider said; null, <c>default</c> and <c>standard</c> are the row's own rates.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>As the provider said; null is no place of its own.</summary>
    public string? Region { get; init; }
}
