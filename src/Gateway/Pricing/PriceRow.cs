using Espalier.Contracts.Shared;

namespace Espalier.Gateway.Pricing;

/// <summary>What a model's tokens cost from a day on, in USD per million tokens.</summary>
public sealed record PriceRow
{
    public required string Model { get; init; }

    public required decimal Input { get; init; }

    /// <summary>Null: cached tokens cost as input.</summary>
    public decimal? CachedInput { get; init; }

    /// <summary>Null: tokens written to a cache cost as input.</summary>
    public decimal? CacheWrite { get; init; }

    public required decimal Output { get; init; }

    public required DateOnly EffectiveFrom { get; init; }

    /// <summary>Where the price comes from.</summary>
    public required string Provenance { get; init; }

    /// <summary>The most that a request can cost.</summary>
    internal Usd UpperBound(long inputTokens, long outputTokens)
    {
        var dearest = Math.Max(Input, Math.Max(CachedInput ?? 0, CacheWrite ?? 0));
        return PricedLine.Of("input", inputTokens, dearest).Amount + PricedLine.Of("output", outputTokens, Output).Amount;
    }
}
