using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Tools;

/// <summary>The tool servers that a caller may reach: those of its run, else those of the version that serves its agent.</summary>
internal sealed class ToolContracts(IAgentRepository repository)
{
    private const int MostKept = 256;

    private readonly BoundedCache<(string Agent, VersionId Version), IReadOnlyList<ToolContract>> _known = new(MostKept);

    /// <exception cref="ToolRefusal">There is none of that name.</exception>
    public async Task<ToolContract> FindAsync(RunContext context, string name, CancellationToken cancellationToken)
    {
        var tools = context.Tools ?? await ReadAsync(context, cancellationToken);
        return tools.FirstOrDefault(tool => tool.Name == name) ?? throw ToolRefusal.NotFound(tools.Count == 0
            ? $"The contract of '{context.Agent}' declares no tool servers. Declare them in espalier.yaml below 'tools:'."
            : $"There is no tool server '{name}'. The contract of '{context.Agent}' declares: {string.Join(", ", tools.Select(tool => tool.Name))}.");
    }

    private async Task<IReadOnlyList<ToolContract>> ReadAsync(RunContext context, CancellationToken cancellationToken)
    {
        if (context.Version is not { } version)
            throw ToolRefusal.NotFound("This key is for no agent that lives here, so it has no tool servers. Make one with --agent, for an agent that was imported and released.");
        if (_known.TryGet((context.Agent, version), out var known)) return known;
        try
        {
            var contract = ContractReader.Read(await repository.ReadFilesAsync(context.Agent, version, cancellationToken));
            return _known.GetOrAdd((context.Agent, version), _ => contract.Tools);
        }
        catch (Refusal refusal)
        {
            throw ToolRefusal.NotFound($"The contract of '{context.Agent}' cannot be read: {refusal.Message}");
        }
    }
}
