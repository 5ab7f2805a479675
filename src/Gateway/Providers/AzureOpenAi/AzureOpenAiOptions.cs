namespace Espalier.Gateway.Providers.AzureOpenAi;

/// <summary>Azure OpenAI. Environment: <c>AZURE_OPENAI_API_KEY</c>, <c>AZURE_OPENAI_ENDPOINT</c> (<c>https://NAME.openai.azure.com</c>),
/// <c>OPENAI_API_VERSION</c>.</summary>
public sealed class AzureOpenAiOptions : UpstreamOptions
{
    /// <summary>The version of the API. Null: <c>OPENAI_API_VERSION</c>, else <c>2025-04-01-preview</c>.</summary>
    public string? ApiVersion { get; set; }

    /// <summary>Deployment by model name; a model without an entry is asked for under its own name.</summary>
    public IDictionary<string, string> Deployments { get; set; } = new Dictionary<string, string>();
}
