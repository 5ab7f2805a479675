using Espalier.Core.Runs;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Pricing;

/// <summary>The models of configured providers that have a price today.</summary>
internal sealed class PricedModels(ModelCatalog models, PriceTable prices, TimeProvider time) : IModelCatalog
{
    public string PriceTable => prices.Version;

    public IReadOnlyList<PricedModel> List() =>
        [.. models.Names
            .Select(name => (Name: name, Price: prices.Find(name, time.GetUtcNow())))
            .Where(model => model.Price is not null)
            .Select(model => new PricedModel(model.Name, model.Price!.Input, model.Price.Output))];
}
