using System.Text.RegularExpressions;

namespace Espalier.Gateway.Pricing;

/// <summary>A model's name as somebody writes it, taken apart into who serves it, what it is and where it runs.</summary>
/// <remarks>Clients write the same model as <c>claude-sonnet-4-5</c>, <c>anthropic/claude-sonnet-4.5</c>, <c>claude-sonnet-4-5-20250929</c>,
/// <c>us.anthropic.claude-sonnet-4-5-20250929-v1:0</c> or a path of Vertex. The names tried are those that can only mean the same model, the
/// most exact first; a name that means nothing here is left as it is and finds no price.</remarks>
internal static partial class ModelNames
{
    /// <summary>Factor of places that a cloud bills dearer than its worldwide endpoint.</summary>
    public const string Regional = "regional";

    private static readonly Dictionary<string, string> Providers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["openai"] = "openai", ["openai-chat"] = "openai", ["openai-responses"] = "openai",
        ["azure"] = "azure", ["azure_ai"] = "azure", ["azure.ai.openai"] = "azure", ["azure.ai.inference"] = "azure", ["az.ai.openai"] = "azure",
        ["az.ai.inference"] = "azure", ["azure_openai"] = "azure", ["azure-openai"] = "azure", ["azureopenai"] = "azure",
        ["anthropic"] = "anthropic", ["claude"] = "anthropic",
        ["google"] = "google", ["gemini"] = "google", ["gcp.gemini"] = "google", ["gcp.gen_ai"] = "google", ["google_genai"] = "google",
        ["google-gla"] = "google", ["google_ai_studio"] = "google", ["googleai"] = "google", ["google-genai"] = "google", ["google.generativeai"] = "google",
        ["vertex"] = "vertex", ["vertex_ai"] = "vertex", ["vertexai"] = "vertex", ["gcp.vertex_ai"] = "vertex", ["google-vertex"] = "vertex",
        ["google_vertexai"] = "vertex", ["google_vertex"] = "vertex", ["google-vertex-anthropic"] = "vertex",
        ["bedrock"] = "bedrock", ["aws.bedrock"] = "bedrock", ["aws_bedrock"] = "bedrock", ["amazon_bedrock"] = "bedrock", ["bedrock_converse"] = "bedrock",
        ["amazon-bedrock"] = "bedrock", ["amazon.bedrock"] = "bedrock",
        ["mistral"] = "mistral", ["mistral_ai"] = "mistral", ["mistralai"] = "mistral",
        ["deepseek"] = "deepseek", ["xai"] = "xai", ["x_ai"] = "xai", ["x-ai"] = "xai", ["grok"] = "xai",
        ["moonshot"] = "moonshot", ["moonshot_ai"] = "moonshot", ["moonshotai"] = "moonshot",
        ["zai"] = "zai", ["z_ai"] = "zai", ["z-ai"] = "zai", ["zhipu"] = "zai",
        ["minimax"] = "minimax", ["dashscope"] = "dashscope", ["alibaba"] = "dashscope", ["alibaba_cloud"] = "dashscope",
        ["groq"] = "groq", ["together"] = "together", ["together_ai"] = "together", ["togetherai"] = "together",
        ["fireworks"] = "fireworks", ["fireworks_ai"] = "fireworks", ["deepinfra"] = "deepinfra", ["cerebras"] = "cerebras",
        ["openrouter"] = "openrouter", ["litellm"] = "openrouter", ["vercel"] = "openrouter", ["portkey"] = "openrouter",
        ["local"] = "local",
    };

    // They pass calls on at the list prices of whom the rest of the name names.
    private const string Router = "openrouter";

    /// <summary>The word that the tables know a provider by; null for one that they do not know.</summary>
    public static string? KnownProvider(string? provider) => provider is not null && Providers.TryGetValue(provider.Trim(), out var known) ? known : null;

    /// <summary>The keys to look under, best first, who serves the model as far as it is said, and the place that the name tells.</summary>
    public static (IReadOnlyList<string> Keys, string? Host, string? Region) Keys(string? provider, string model)
    {
        var name = model.Trim().ToLowerInvariant();
        var host = KnownProvider(provider) ?? provider?.Trim().ToLowerInvariant();
        string? region = null;
        if (name.StartsWith("arn:aws", StringComparison.Ordinal)) (host, name) = ("bedrock", name[(name.LastIndexOf('/') + 1)..]);
        if (Publisher().Match(name) is { Success: true } published)
        {
            host = "vertex";
            name = published.Groups["model"].Value;
            if (published.Groups["place"] is { Success: true, Value: not "global" }) region = Regional;
        }
        else if (name.StartsWith("accounts/fireworks/models/", StringComparison.Ordinal)) host ??= "fireworks";

        var keys = new List<string>();
        Add(host, name);
        while (Prefix(name) is var (prefix, rest))
        {
            var known = KnownProvider(prefix);
            if (host is null or Router) host = known ?? host;
            // Clouds write whose model it is before its name; a host of open weights means it as part of the name.
            else if (known is null || known != host && host is not ("vertex" or "bedrock" or "azure")) break;
            if (known is null) break;
            name = rest;
            Add(host, name);
        }

        if (name.StartsWith("models/", StringComparison.Ordinal)) Add(host, name = name["models/".Length..]);
        if (host == "fireworks" && name.StartsWith("accounts/fireworks/models/", StringComparison.Ordinal)) Add(host, name = name["accounts/fireworks/models/".Length..]);
        if (BedrockName().Match(name) is { Success: true } bedrock)
        {
            host ??= "bedrock";
            if (bedrock.Groups["geo"] is { Success: true, Value: not "global." } && host == "bedrock") region = Regional;
            Add(host, name = bedrock.Groups["model"].Value);
        }

        if (name.Contains("claude", StringComparison.Ordinal) && name.Contains('.')) Add(host, name = name.Replace('.', '-'));
        while (Snapshot().Match(name) is { Success: true, Index: > 0 } snapshot && !name.StartsWith("ft:", StringComparison.Ordinal))
            Add(host, name = name[..snapshot.Index]);
        return (keys, host, region);

        void Add(string? at, string what)
        {
            if (at is not null && at != Router) AddOnce($"{at}/{what}");
            AddOnce(what);
        }

        void AddOnce(string key)
        {
            if (!keys.Contains(key)) keys.Add(key);
        }
    }

    /// <summary>Whether one name is a dated state of what the other names.</summary>
    public static bool IsSnapshotOf(string snapshot, string alias)
    {
        var name = snapshot.Trim().ToLowerInvariant();
        var plain = alias.Trim().ToLowerInvariant();
        plain = plain[(plain.LastIndexOf('/') + 1)..];
        return name != plain && Keys(null, name).Keys.Contains(plain);
    }

    private static (string Prefix, string Left)? Prefix(string name)
    {
        var at = name.AsSpan().IndexOfAny('/', ':');
        return at <= 0 || at == name.Length - 1 ? null : (name[..at], name[(at + 1)..]);
    }

    [GeneratedRegex(@"^(?:projects/[^/]+/)?(?:locations/(?<place>[^/]+)/)?publishers/[^/]+/models/(?<model>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Publisher();

    [GeneratedRegex(@"^(?<geo>(?:us|us-gov|eu|apac|ap|jp|au|ca|global)\.)?(?:anthropic|meta|amazon|mistral|deepseek|openai|qwen|cohere|google|moonshot|minimax|zai)\.(?<model>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex BedrockName();

    [GeneratedRegex(@"(?:[-@](?:\d{4}-\d{2}-\d{2}|20\d{6})|@default|-v\d+(?::\d+)?|:\d+|-latest|-00\d)$", RegexOptions.CultureInvariant)]
    private static partial Regex Snapshot();
}
