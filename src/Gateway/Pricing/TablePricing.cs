using Espalier.Contracts.Traces;
using Espalier.Core.Traces;

namespace Espalier.Gateway.Pricing;

/// <summary>Prices calls that were made elsewhere, by the same table as those of the gateway.</summary>
internal sealed class TablePricing(PriceTable prices) : IPricing
{
    public CallPrice Price(string? provider, string model, TokenUsage usage, DateTimeOffset at)
    {
        var (bill, reason) = prices.Price(provider, model, usage, default, at);
        return new CallPrice(bill?.Total(), reason, prices.Version);
    }
}
