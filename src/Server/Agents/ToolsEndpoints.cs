using Espalier.Contracts.Agents;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Shared;
using Espalier.Core.Releases;
using Espalier.Gateway.Tools;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Agents;

/// <summary>The tool servers that agents' contracts declare. A contract comes with a repository; a person says whether its tools may be started.</summary>
internal static class ToolsEndpoints
{
    public static void MapTools(this IEndpointRouteBuilder routes)
    {
        var tools = routes.MapGroup("/agents/{agent}/tools").WithTags("agents");
        tools.MapGet("/", ListToolsAsync).WithSummary("List the tool servers that an agent's contract declares").ProducesProblem(404).ProducesProblem(422);
        tools.MapPost("/{tool}/trust", TrustToolAsync).WithSummary("Let a tool server be started or reached as it is declared").ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        tools.MapDelete("/{tool}/trust", DistrustToolAsync).WithSummary("Trust a tool server no more").ProducesProblem(404);
    }

    private static async Task<Ok<Page<DeclaredTool>>> ListToolsAsync(string agent, AgentDirectory agents, ToolDirectory tools, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<DeclaredTool> { Items = await tools.ListAsync(agent, await DeclaredAsync(agent, agents, cancellationToken), cancellationToken) });

    private static async Task<Ok<DeclaredTool>> TrustToolAsync(
        string agent, string tool, TrustTool asked, Caller caller, AgentDirectory agents, ToolDirectory tools, IAuditLog audit, CancellationToken cancellationToken)
    {
        var trusted = await tools.TrustAsync(agent, await DeclaredAsync(agent, agents, cancellationToken), tool, asked.Digest, caller.Principal, cancellationToken);
        await audit.AppendAsync(new AuditAct(caller.Principal, "tool.trusted", $"{agent}/{tool}", trusted.Digest), cancellationToken);
        return TypedResults.Ok(trusted);
    }

    private static async Task<NoContent> DistrustToolAsync(string agent, string tool, Caller caller, AgentDirectory agents, ToolDirectory tools, IAuditLog audit, CancellationToken cancellationToken)
    {
        _ = await agents.FindAsync(agent, cancellationToken);
        await tools.DistrustAsync(agent, tool, cancellationToken);
        await audit.AppendAsync(new AuditAct(caller.Principal, "tool.distrusted", $"{agent}/{tool}", ""), cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>Of the version that serves and of the one that was imported last.</summary>
    private static async Task<IEnumerable<ToolContract>> DeclaredAsync(string agent, AgentDirectory agents, CancellationToken cancellationToken)
    {
        var summary = await agents.FindAsync(agent, cancellationToken);
        var head = summary.Head == summary.Production ? summary.Contract : await agents.ReadContractAsync(agent, summary.Head, cancellationToken);
        return head.Tools.Concat(summary.Contract.Tools);
    }
}
