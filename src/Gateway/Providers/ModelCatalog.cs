using Espalier.Gateway.Providers.Anthropic;
using Espalier.Gateway.Providers.AzureOpenAi;
using Espalier.Gateway.Providers.Gemini;
using Espalier.Gateway.Providers.OpenAi;

namespace Espalier.Gateway.Providers;

/// <summary>Which provider answers for which model name.</summary>
/// <remarks><c>provider/model</c> names a provider. A plain name goes to the provider that lists it, else to the vendor whose models begin
/// like it, else to the OpenAI-compatible server when one is configured.</remarks>
internal sealed class ModelCatalog(IEnumerable<IProvider> providers)
{
    private static readonly (string Prefix, string[] Vendors)[] Families =
    [
        ("claude-", [AnthropicProvider.ProviderName]),
        ("gemini-", [GeminiProvider.ProviderName]),
        ("gemma-", [GeminiProvider.ProviderName]),
        ("", [OpenAiProvider.ProviderName, AzureOpenAiProvider.ProviderName]),
    ];

    private readonly Dictionary<string, IProvider> _providers = providers.ToDictionary(provider => provider.Name);

    public IEnumerable<IProvider> Providers => _providers.Values;

    /// <summary>All names that are known beforehand.</summary>
    public IReadOnlyList<string> Names => [.. _providers.Values.SelectMany(provider => provider.Models)];

    /// <summary>Null when nobody serves the name.</summary>
    public ServedModel? Find(string name)
    {
        // Google's clients say models/NAME.
        if (name.StartsWith("models/", StringComparison.Ordinal)) name = name["models/".Length..];
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && _providers.TryGetValue(name[..slash], out var named))
            return named.Serves(name[(slash + 1)..]) ? new ServedModel(named, name[(slash + 1)..]) : null;
        foreach (var provider in _providers.Values)
        {
            if (provider.IsVendor && provider.Models.Contains(name) && provider.Serves(name)) return new ServedModel(provider, name);
            if (!provider.IsVendor && provider.Models.Contains($"{provider.Name}/{name}") && provider.Serves(name)) return new ServedModel(provider, name);
        }

        foreach (var (prefix, vendors) in Families)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            foreach (var vendor in vendors)
                if (_providers.TryGetValue(vendor, out var provider) && provider.Serves(name)) return new ServedModel(provider, name);
        }

        return null;
    }

    /// <summary>What to do about a name that nobody serves.</summary>
    public string Advice() =>
        $"Known models: {string.Join(", ", Names)}. To use models of an OpenAI-compatible server, set OPENAI_BASE_URL and OPENAI_API_KEY "
        + "where the server runs and start it again; ANTHROPIC_API_KEY, GEMINI_API_KEY and AZURE_OPENAI_ENDPOINT bring the models of those vendors.";
}

/// <param name="Provider">Who answers.</param>
/// <param name="Model">The name that the provider knows the model by.</param>
internal sealed record ServedModel(IProvider Provider, string Model)
{
    /// <summary>The name in prices and traces: plain for vendors, else <c>provider/model</c>.</summary>
    public string FullName => Provider.IsVendor ? Model : $"{Provider.Name}/{Model}";
}
