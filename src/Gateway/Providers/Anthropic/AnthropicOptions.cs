namespace Espalier.Gateway.Providers.Anthropic;

/// <summary>Anthropic. Environment: <c>ANTHROPIC_API_KEY</c>, <c>ANTHROPIC_BASE_URL</c> (without <c>/v1</c>).</summary>
public sealed class AnthropicOptions : UpstreamOptions
{
    /// <summary>The version of the API to ask for when the client's request names none, default <c>2023-06-01</c>.</summary>
    public string Version { get; set; } = "2023-06-01";
}
