using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Espalier.Contracts.Agents;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Tools;

/// <summary>The operator's secrets: put into what goes to a tool server, and taken out of whatever comes back.</summary>
internal sealed partial class ToolSecrets(IOptions<GatewayOptions> options)
{
    private const string Hidden = "***";

    // Shorter ones are in every text, and no secret.
    private const int ShortestHidden = 6;

    public IReadOnlyList<string> Missing(ToolContract tool) => [.. tool.Secrets.Where(name => Find(name) is null)];

    /// <summary>The variables of a command: those of the contract and its secrets.</summary>
    /// <exception cref="ToolFailure">A secret is not set.</exception>
    public IReadOnlyDictionary<string, string> Variables(ToolContract tool)
    {
        var variables = new Dictionary<string, string>(tool.Environment, StringComparer.Ordinal);
        foreach (var name in tool.Secrets) variables[name] = Get(tool, name);
        return variables;
    }

    /// <summary>The contract's headers with secrets in their places.</summary>
    /// <exception cref="ToolFailure">A secret is not set.</exception>
    public IEnumerable<(string Name, string Value)> Headers(ToolContract tool)
    {
        foreach (var (name, value) in tool.Headers)
            yield return (name, Reference().Replace(value, match => Get(tool, match.Groups["name"].Value)));
    }

    public ToolAnswer Hide(ToolContract tool, ToolAnswer answer)
    {
        var json = Hide(tool, answer.Json);
        return ReferenceEquals(json, answer.Json) ? answer : answer with { Json = json, Error = answer.Error is null ? null : Hide(tool, answer.Error) };
    }

    /// <summary>The text without the secrets of a tool, as they are or as JSON, base64 and addresses write them.</summary>
    public string Hide(ToolContract tool, string text)
    {
        foreach (var name in tool.Secrets)
        {
            if (Find(name) is not { Length: >= ShortestHidden } secret) continue;
            foreach (var form in (string[])[secret, JsonEncodedText.Encode(secret).Value, Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), Uri.EscapeDataString(secret)])
                if (text.Contains(form, StringComparison.Ordinal)) text = text.Replace(form, Hidden, StringComparison.Ordinal);
        }

        return text;
    }

    private string Get(ToolContract tool, string name) => Find(name) ?? throw new ToolFailure(
        $"The tool server '{tool.Name}' needs the secret {name}, which the operator of this server has not set (Gateway:Tools:Secrets:{name}).");

    private string? Find(string name) => options.Value.Tools.Secrets.TryGetValue(name, out var secret) && secret.Length > 0 ? secret : null;

    [GeneratedRegex(@"\$\{(?<name>[A-Z0-9_]+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
