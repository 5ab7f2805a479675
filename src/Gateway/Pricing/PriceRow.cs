namespace Espalier.Gateway.Pricing;

/// <summary>What a model costs at one provider from a day on.</summary>
internal sealed record PriceRow
{
    /// <summary><c>provider/model</c>, or a plain name in a file of the operator's own: then it is that model at whatever provider.</summary>
    public required string Model { get; init; }

    /// <summary>Other names of the same model, which its provider or its users write.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public required DateOnly EffectiveFrom { get; init; }

    /// <summary>The first day on which it holds no more; null while none is known.</summary>
    public DateOnly? EffectiveTo { get; init; }

    public required Rates Rates { get; init; }

    /// <summary>Rates by prompt size, smallest first.</summary>
    public IReadOnlyList<PromptTier> Above { get; init; } = [];

    /// <summary>Rates by service tier: <c>flex</c>, <c>priority</c>, <c>batch</c>, <c>fast</c>.</summary>
    public IReadOnlyDictionary<string, ServiceTier> Tiers { get; init; } = new Dictionary<string, ServiceTier>();

    /// <summary>Factors on all token rates by place: <c>us</c>, or <c>regional</c> for clouds that bill a place of the caller's choice dearer.</summary>
    public IReadOnlyDictionary<string, decimal> Regions { get; init; } = new Dictionary<string, decimal>();

    /// <summary>USD a call of the provider's own tools; <c>request</c> is charged for each request.</summary>
    public IReadOnlyDictionary<string, decimal> Fees { get; init; } = new Dictionary<string, decimal>();

    /// <summary>Where the price comes from, and when it was looked at.</summary>
    public required string Provenance { get; init; }

    public bool HoldsOn(DateOnly day) => EffectiveFrom <= day && (EffectiveTo is null || day < EffectiveTo);
}
