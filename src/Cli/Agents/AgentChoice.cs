using Espalier.Cli.Output;
using Espalier.Contracts.Agents;
using Espalier.Sdk;

namespace Espalier.Cli.Agents;

/// <summary>Which agent a command means: the one that is named, the one whose folder this is, or the only one there is.</summary>
internal static class AgentChoice
{
    private const string ContractFile = "espalier.yaml";

    /// <summary>The nearest folder upwards with a contract; null when there is none.</summary>
    public static string? ContractFolder(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, ContractFile))) return at.FullName;
        return null;
    }

    /// <summary>The agent; one whose folder this is comes in first, so that its newest state is meant.</summary>
    public static async Task<AgentSummary> FindAsync(Invocation invocation, EspalierClient client, string? named, CancellationToken cancellationToken)
    {
        if (named is null && ContractFolder(invocation.Folder) is { } folder && client.Url.IsLoopback)
            return await client.Agents.ImportAsync(new ImportAgentRequest { Path = folder }, cancellationToken);

        var agents = (await client.Agents.ListAsync(cancellationToken)).Items;
        if (named is not null) return agents.FirstOrDefault(agent => agent.Agent == named) ?? throw Unknown(named, agents);
        if (agents is [var only]) return only;
        throw agents.Count == 0
            ? CliError.NotFound("No agent is known here.", $"There is no {ContractFile} in {invocation.Folder} or above, and the server has none.", "Go to your agent's folder and type `espalier init`, or try `espalier demo`.")
            : CliError.Usage("Which agent?", $"The server has {string.Join(", ", agents.Select(agent => agent.Agent).Take(10))}.", $"Add --agent {agents[0].Agent}");
    }

    public static async Task<string> NameAsync(Invocation invocation, EspalierClient client, string? named, CancellationToken cancellationToken) =>
        (await FindAsync(invocation, client, named, cancellationToken)).Agent;

    private static CliError Unknown(string named, IReadOnlyList<AgentSummary> agents) => CliError.NotFound(
        $"There is no agent \"{named}\".",
        agents.Count == 0 ? "The server has none." : $"The nearest are {string.Join(", ", Nearest.Of(named, agents.Select(agent => agent.Agent), 3))}.",
        agents.Count == 0 ? "Import one: espalier agents import DIR" : "See `espalier agents list`.");
}
