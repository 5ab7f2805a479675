using Espalier.Contracts.Agents;
using Espalier.Core.Runs;

namespace Espalier.Gateway.Tools;

/// <summary>Whether an operator said yes to what a contract declares. A contract comes with a repository, and must not start programs here by itself.</summary>
internal sealed class ToolTrust(IToolStore store)
{
    /// <exception cref="ToolFailure">Nobody did, or the declaration is another one since.</exception>
    public async Task DemandAsync(string agent, ToolContract tool, CancellationToken cancellationToken)
    {
        var trusted = await store.FindTrustedAsync(agent, tool.Name, cancellationToken);
        if (trusted.Contains(ToolFingerprints.Of(tool))) return;
        throw new ToolFailure(trusted.Count == 0
            ? $"The tool server '{tool.Name}' is not trusted yet. An operator of this server looks at it and types 'espalier tools trust {agent} {tool.Name}'."
            : $"The tool server '{tool.Name}' is declared in another way than the one that is trusted. An operator of this server looks at it and types 'espalier tools trust {agent} {tool.Name}'.");
    }
}
