using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Pricing;

/// <summary>One line of an attempt's bill.</summary>
/// <param name="Name"><c>input</c>, <c>cache_read</c>, <c>cache_write</c> or <c>output</c>.</param>
/// <param name="Tokens">The quantity.</param>
/// <param name="UsdPerMillion">The rate.</param>
/// <param name="Amount">Their product in nano-dollars, rounded half up once.</param>
internal sealed record PricedLine(string Name, long Tokens, decimal UsdPerMillion, Usd Amount)
{
    // USD per million tokens is a thousand nano-dollars per token.
    private const decimal NanoPerToken = 1000;

    public static PricedLine Of(string name, long tokens, decimal usdPerMillion) =>
        new(name, tokens, usdPerMillion, new Usd((long)decimal.Round(tokens * usdPerMillion * NanoPerToken, MidpointRounding.AwayFromZero)));

    /// <summary>The bill of a usage; lines of no tokens are left out.</summary>
    public static IReadOnlyList<PricedLine> Bill(PriceRow price, TokenUsage usage) =>
    [
        .. new[]
        {
            Of("input", usage.InputUncached ?? 0, price.Input),
            Of("cache_read", usage.CacheRead ?? 0, price.CachedInput ?? price.Input),
            Of("cache_write", usage.CacheWrite ?? 0, price.CacheWrite ?? price.Input),
            // Reasoning is output like any other: text and reasoning are one line.
            Of("output", usage.OutputTotal() ?? 0, price.Output),
        }.Where(line => line.Tokens > 0),
    ];

    public override string ToString() => $"{Name} {Tokens} x {UsdPerMillion} USD/M = {Amount}";
}
