namespace Espalier.Gateway.Providers;

/// <summary>Which provider answers for which model name.</summary>
/// <remarks><c>provider/model</c> names a provider; any other name goes to the OpenAI-compatible server when one is configured.</remarks>
internal sealed class ModelCatalog(IEnumerable<IProvider> providers)
{
    private const string Default = OpenAi.OpenAiProvider.ProviderName;

    private readonly Dictionary<string, IProvider> _providers = providers.ToDictionary(provider => provider.Name);

    /// <summary>All names that are known beforehand.</summary>
    public IReadOnlyList<string> Names => [.. _providers.Values.SelectMany(provider => provider.Models)];

    /// <summary>Null when nobody serves the name.</summary>
    public ServedModel? Find(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var (prefix, rest) = slash > 0 && _providers.ContainsKey(name[..slash]) ? (name[..slash], name[(slash + 1)..]) : (Default, name);
        return _providers.TryGetValue(prefix, out var provider) && provider.Serves(rest) ? new ServedModel(provider, rest) : null;
    }

    /// <summary>What to do about a name that nobody serves.</summary>
    public string Advice() =>
        $"Known models: {string.Join(", ", Names)}. To use models of an OpenAI-compatible server, set OPENAI_BASE_URL and OPENAI_API_KEY "
        + "where the server runs and start it again.";
}

/// <param name="Provider">Who answers.</param>
/// <param name="Model">The name that the provider knows the model by.</param>
internal sealed record ServedModel(IProvider Provider, string Model)
{
    /// <summary>The name in prices and traces: plain for OpenAI-compatible servers, else <c>provider/model</c>.</summary>
    public string FullName => Provider.Name == OpenAi.OpenAiProvider.ProviderName ? Model : $"{Provider.Name}/{Model}";
}
