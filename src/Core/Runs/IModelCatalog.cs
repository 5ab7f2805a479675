namespace Espalier.Core.Runs;

/// <summary>The models that configured providers offer and whose price is known.</summary>
public interface IModelCatalog
{
    /// <summary>Which state of the price table costs are computed from; part of a run's key.</summary>
    string PriceTable { get; }

    /// <summary>The models that providers are known to offer.</summary>
    IReadOnlyList<PricedModel> List();

    /// <summary>A model by name, also one that its provider does not list; null when no provider serves it or its price is unknown.</summary>
    PricedModel? Find(string name);
}

/// <param name="Name">As it is written in <c>models.yaml</c>.</param>
/// <param name="InputUsdPerMillion">Dollars per million uncached input tokens.</param>
/// <param name="OutputUsdPerMillion">Dollars per million output tokens.</param>
public sealed record PricedModel(string Name, decimal InputUsdPerMillion, decimal OutputUsdPerMillion);
