using Espalier.Contracts.Agents;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Tools.Mcp;

namespace Espalier.Gateway.Tools;

/// <summary>The tool servers that contracts declare: which are trusted, and whether they answer.</summary>
public sealed class ToolDirectory
{
    private readonly IToolStore _store;
    private readonly ToolSecrets _secrets;
    private readonly McpServers _servers;

    internal ToolDirectory(IToolStore store, ToolSecrets secrets, McpServers servers) => (_store, _secrets, _servers) = (store, secrets, servers);

    public async Task<IReadOnlyList<DeclaredTool>> ListAsync(string agent, IEnumerable<ToolContract> tools, CancellationToken cancellationToken)
    {
        var listed = new List<DeclaredTool>();
        foreach (var tool in tools.DistinctBy(ToolFingerprints.Of)) listed.Add(await StateAsync(agent, tool, cancellationToken));
        return listed;
    }

    /// <exception cref="Refusal">No tool server of that name is declared so.</exception>
    public async Task<DeclaredTool> TrustAsync(string agent, IEnumerable<ToolContract> tools, string name, string digest, string principal, CancellationToken cancellationToken)
    {
        var named = tools.Where(tool => tool.Name == name).ToList();
        if (named.Count == 0) throw new Refusal("tool-not-found", 404, $"The contract of '{agent}' declares no tool server '{name}'.", "List them with 'espalier tools list'.");
        var tool = named.FirstOrDefault(tool => ToolFingerprints.Of(tool) == digest)
            ?? throw new Refusal("tool-changed", 409, $"The tool server '{name}' is declared in another way than the one that was looked at.", "Look at it again with 'espalier tools list', and trust that.");
        await _store.TrustAsync(agent, name, digest, principal, cancellationToken);
        return await StateAsync(agent, tool, cancellationToken);
    }

    public Task DistrustAsync(string agent, string name, CancellationToken cancellationToken) => _store.DistrustAsync(agent, name, cancellationToken);

    /// <summary>Whether a tool server can be used: in words, with what to do when it cannot.</summary>
    public async Task<(bool Ok, string Detail, string? Fix)> CheckAsync(string agent, ToolContract tool, CancellationToken cancellationToken)
    {
        var state = await StateAsync(agent, tool, cancellationToken);
        var what = tool.Protocol == ToolProtocol.Stdio ? tool.Command! : tool.Url!.AbsoluteUri;
        if (!state.Trusted) return (false, $"{what} is not trusted, so nothing is started or asked", $"Look at it, then type 'espalier tools trust {agent} {tool.Name}'.");
        if (state.MissingSecrets.Count > 0) return (false, $"{what} needs secrets that are not set: {string.Join(", ", state.MissingSecrets)}", $"Start the server with ESPALIER_Gateway__Tools__Secrets__{state.MissingSecrets[0]} in its environment.");
        if (tool.Protocol == ToolProtocol.Rest) return (true, $"{what}, {string.Join(", ", tool.Allow)}; not asked, for any request might change something", null);
        try
        {
            var catalog = await _servers.CatalogAsync(agent, tool, again: true, cancellationToken);
            return (true, $"{what} answers and has {catalog.Count} tools, {catalog.CountReading(tool)} of them read-only", null);
        }
        catch (ToolFailure failure)
        {
            return (false, failure.Message, tool.Protocol == ToolProtocol.Stdio ? "Type the command by hand and look what it says." : "Look whether the address is right and answers from this machine.");
        }
    }

    private async Task<DeclaredTool> StateAsync(string agent, ToolContract tool, CancellationToken cancellationToken)
    {
        var digest = ToolFingerprints.Of(tool);
        return new DeclaredTool
        {
            Contract = tool,
            Digest = digest,
            Trusted = (await _store.FindTrustedAsync(agent, tool.Name, cancellationToken)).Contains(digest),
            MissingSecrets = _secrets.Missing(tool),
        };
    }
}
