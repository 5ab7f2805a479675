using Espalier.Core.Runs;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Pricing;

/// <summary>The models of configured providers that have a price today.</summary>
internal sealed class PricedModels(ModelCatalog models, PriceTable prices, TimeProvider time) : IModelCatalog
{
    public string PriceTable => prices.Version;

    public IReadOnlyList<PricedModel> List() =>
        [.. models.Names.Select(Find).OfType<PricedModel>()];

    public PricedModel? Find(string name) =>
        models.Find(name) is { } served && prices.Find(null, served.FullName, time.GetUtcNow()) is { } price
            ? new PricedModel(name, price.Rates.Input, price.Rates.Output)
            : null;
}
