using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Agents;
using Espalier.Gateway.Policies.CallSites;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Agents;

internal static class AgentsEndpoints
{
    public static void MapAgents(this IEndpointRouteBuilder routes)
    {
        var agents = routes.MapGroup("/agents").WithTags("agents");
        agents.MapPost("/", ImportAsync).WithSummary("Bring in an agent's folder").ProducesProblem(422);
        agents.MapGet("/", ListAsync).WithSummary("List the agents");
        agents.MapGet("/{agent}", FindAsync).WithSummary("Show an agent").ProducesProblem(404).ProducesProblem(422);
        agents.MapGet("/{agent}/call-sites", ListCallSitesAsync).WithSummary("List the places in an agent that call models, most calls first");
        agents.MapGet("/{agent}/versions/{revision}", FindVersionAsync).WithSummary("Show a version by SHA, prefix, 'production' or 'head'")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        agents.MapGet("/{agent}/versions/{revision}/diff", DiffAsync).WithSummary("What a version changes against another one")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
    }

    private static async Task<Created<AgentSummary>> ImportAsync(ImportAgentRequest request, Caller caller, AgentDirectory agents, CancellationToken cancellationToken)
    {
        var summary = await agents.ImportAsync(request.Path, caller.Principal, cancellationToken);
        return TypedResults.Created($"/api/v1/agents/{summary.Agent}", summary);
    }

    private static async Task<Ok<Page<AgentSummary>>> ListAsync(AgentDirectory agents, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<AgentSummary> { Items = await agents.ListAsync(cancellationToken) });

    private static async Task<Ok<AgentSummary>> FindAsync(string agent, AgentDirectory agents, CancellationToken cancellationToken) =>
        TypedResults.Ok(await agents.FindAsync(agent, cancellationToken));

    // Agents that are served elsewhere have call sites too, and no folder here: an unknown name has none.
    private static async Task<Ok<Page<AgentCallSite>>> ListCallSitesAsync(string agent, CallSiteBook sites, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<AgentCallSite> { Items = await sites.ListAsync(agent, cancellationToken) });

    private static async Task<Ok<AgentVersion>> FindVersionAsync(string agent, string revision, AgentDirectory agents, CancellationToken cancellationToken) =>
        TypedResults.Ok(await agents.ResolveAsync(agent, revision, cancellationToken));

    private static async Task<Ok<VersionDiff>> DiffAsync(
        string agent, string revision, string? against, AgentDirectory agents, IAgentRepository repository, CancellationToken cancellationToken)
    {
        var to = await agents.ResolveAsync(agent, revision, cancellationToken);
        var from = against is null && to.Parent is { } parent ? parent : (await agents.ResolveAsync(agent, against, cancellationToken)).Id;
        return TypedResults.Ok(await repository.DiffAsync(agent, from, to.Id, cancellationToken));
    }
}
