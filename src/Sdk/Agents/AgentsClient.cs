using Espalier.Contracts;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Sdk.Shared;

namespace Espalier.Sdk.Agents;

/// <summary>The agents, their versions, and asking one of them something.</summary>
public sealed class AgentsClient
{
    private readonly RestCaller _caller;

    internal AgentsClient(RestCaller caller) => _caller = caller;

    /// <summary>Importing again brings in what has changed.</summary>
    public Task<AgentSummary> ImportAsync(ImportAgentRequest request, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/agents", request, ContractsJson.Default.ImportAgentRequest, ContractsJson.Default.AgentSummary, cancellationToken);

    public Task<Page<AgentSummary>> ListAsync(CancellationToken cancellationToken = default) =>
        _caller.GetAsync("api/v1/agents", ContractsJson.Default.PageAgentSummary, cancellationToken);

    public Task<AgentSummary> GetAsync(string agent, CancellationToken cancellationToken = default) =>
        _caller.GetAsync($"api/v1/agents/{Uri.EscapeDataString(agent)}", ContractsJson.Default.AgentSummary, cancellationToken);

    /// <summary>The places in an agent that call models, most calls first.</summary>
    public Task<Page<AgentCallSite>> CallSitesAsync(string agent, CancellationToken cancellationToken = default) =>
        _caller.GetAsync($"api/v1/agents/{Uri.EscapeDataString(agent)}/call-sites", ContractsJson.Default.PageAgentCallSite, cancellationToken);

    /// <param name="agent">The agent's name.</param>
    /// <param name="revision">A SHA, or a prefix of at least 4 digits.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<AgentVersion> VersionAsync(string agent, string revision, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(VersionPath(agent, revision), ContractsJson.Default.AgentVersion, cancellationToken);

    /// <summary>What <paramref name="revision"/> changed since <paramref name="against"/>.</summary>
    public Task<VersionDiff> DiffAsync(string agent, string revision, string against, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(
            RestCaller.Query($"{VersionPath(agent, revision)}/diff", ("against", against)),
            ContractsJson.Default.VersionDiff,
            cancellationToken);

    /// <summary>The tool servers that an agent's contract declares.</summary>
    public Task<Page<DeclaredTool>> ToolsAsync(string agent, CancellationToken cancellationToken = default) =>
        _caller.GetAsync($"api/v1/agents/{Uri.EscapeDataString(agent)}/tools", ContractsJson.Default.PageDeclaredTool, cancellationToken);

    /// <summary>Lets the server start or reach a tool server as it was looked at.</summary>
    public Task<DeclaredTool> TrustToolAsync(string agent, string tool, string digest, CancellationToken cancellationToken = default) => _caller.PostAsync(
        TrustPath(agent, tool), new TrustTool { Digest = digest }, ContractsJson.Default.TrustTool, ContractsJson.Default.DeclaredTool, cancellationToken);

    public Task DistrustToolAsync(string agent, string tool, CancellationToken cancellationToken = default) => _caller.DeleteAsync(TrustPath(agent, tool), cancellationToken);

    /// <summary>One request to the agent, traced like any other.</summary>
    public Task<InvokeAnswer> InvokeAsync(string agent, InvokeRequest request, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            $"agents/{Uri.EscapeDataString(agent)}/invoke",
            request,
            ContractsJson.Default.InvokeRequest,
            ContractsJson.Default.InvokeAnswer,
            cancellationToken);

    private static string TrustPath(string agent, string tool) => $"api/v1/agents/{Uri.EscapeDataString(agent)}/tools/{Uri.EscapeDataString(tool)}/trust";

    private static string VersionPath(string agent, string revision) =>
        $"api/v1/agents/{Uri.EscapeDataString(agent)}/versions/{Uri.EscapeDataString(revision)}";
}
