using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Releases;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Policies;

namespace Espalier.Server.Agents;

/// <summary>The registered agents: brings them in, and finds versions by what people type.</summary>
internal sealed class AgentDirectory(IAgentRepository repository, IAgentStore agents, ReleaseService releases, ILedger ledger, PolicyCheck policies)
{
    public async Task<AgentSummary> ImportAsync(string path, string by, CancellationToken cancellationToken)
    {
        if (!Path.IsPathFullyQualified(path) || !Directory.Exists(path))
            throw new Refusal("folder-not-found", 422, $"There is no folder '{path}' on the server's machine.", "Give the absolute path of the agent's folder.");
        var contractFile = Path.Combine(path, ContractReader.FileName);
        if (!File.Exists(contractFile))
            throw new Refusal("contract-missing", 422, $"There is no {ContractReader.FileName} in {path}.", "Run 'espalier init' in the agent's folder.");

        // The name is in the contract, and the repository is kept under the name.
        var contract = ContractReader.Read(await File.ReadAllTextAsync(contractFile, cancellationToken));
        var version = await repository.ImportAsync(contract.Agent, path, cancellationToken);
        var files = await repository.ReadFilesAsync(contract.Agent, version.Id, cancellationToken);
        _ = ContractReader.Read(files);
        if (policies.Check(files) is [var problem, ..]) throw new Refusal("policy-not-valid", 422, problem.What, problem.Fix);

        await agents.SaveAsync(new RegisteredAgent(contract.Agent, path, version.Id), cancellationToken);
        await ledger.OpenAsync(BudgetLines.Production(contract.Agent), null, cancellationToken);
        await releases.RegisterAsync(contract.Agent, version.Id, by, cancellationToken);
        return await FindAsync(contract.Agent, cancellationToken);
    }

    public async Task<AgentSummary> FindAsync(string name, CancellationToken cancellationToken)
    {
        var agent = await agents.FindAsync(name, cancellationToken) ?? throw await NotFoundAsync(name, cancellationToken);
        var production = await releases.FindProductionAsync(name, cancellationToken);
        return new AgentSummary
        {
            Agent = agent.Name,
            Source = agent.Source,
            Head = agent.Head,
            Production = production,
            Contract = await ReadContractAsync(name, production, cancellationToken),
        };
    }

    public async Task<IReadOnlyList<AgentSummary>> ListAsync(CancellationToken cancellationToken)
    {
        var summaries = new List<AgentSummary>();
        foreach (var agent in await agents.ListAsync(cancellationToken)) summaries.Add(await FindAsync(agent.Name, cancellationToken));
        return summaries;
    }

    /// <summary>A version by SHA, prefix, <c>production</c> or <c>head</c>; null takes the production version.</summary>
    public async Task<AgentVersion> ResolveAsync(string agent, string? revision, CancellationToken cancellationToken)
    {
        var known = await agents.FindAsync(agent, cancellationToken) ?? throw await NotFoundAsync(agent, cancellationToken);
        return revision switch
        {
            null or "production" => await repository.FindAsync(agent, await releases.FindProductionAsync(agent, cancellationToken), cancellationToken),
            "head" => await repository.FindAsync(agent, known.Head, cancellationToken),
            _ => await repository.ResolveAsync(agent, revision, cancellationToken),
        };
    }

    public async Task<AgentContract> ReadContractAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        ContractReader.Read(await repository.ReadFilesAsync(agent, version, cancellationToken));

    private async Task<Refusal> NotFoundAsync(string name, CancellationToken cancellationToken)
    {
        var known = (await agents.ListAsync(cancellationToken)).Select(agent => agent.Name).ToList();
        var hint = Nearest.Of(name, known, 3) is { Count: > 0 } nearest ? $"Nearest: {string.Join(", ", nearest)}. " : "";
        return new Refusal("agent-not-found", 404, $"There is no agent '{name}'.", $"{hint}Bring one in with 'espalier agents import FOLDER'.");
    }
}
