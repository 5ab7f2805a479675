namespace Espalier.Gateway.Providers.OpenAi;

/// <summary>OpenAI, or the one server that speaks like it. Environment: <c>OPENAI_API_KEY</c>, <c>OPENAI_BASE_URL</c> (with its version, such as
/// <c>https://api.openai.com/v1</c>).</summary>
public sealed class OpenAiOptions : UpstreamOptions
{
    /// <summary>Whether the server takes <c>stream_options</c>, default true. Where it does not, a stream's usage is estimated.</summary>
    public bool StreamOptions { get; set; } = true;

    /// <summary>Whether the server is asked for running counts in every chunk of a stream (<c>continuous_usage_stats</c>), so that one that is cut off is measured up to there;
    /// default false. vLLM and SGLang can tell them; others refuse what they do not know.</summary>
    public bool ContinuousUsage { get; set; }

    /// <summary>Whether the server has the Responses API, default true.</summary>
    public bool Responses { get; set; } = true;

    /// <summary>How the server is asked for the ids of tokens, for agents whose contract says <c>capture: { token_ids: true }</c>; default None, which asks for none.</summary>
    public TokenIdDialect TokenIds { get; set; }
}
