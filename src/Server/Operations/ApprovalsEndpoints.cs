using Espalier.Contracts.Releases;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Releases;
using Espalier.Gateway.Policies.Guardrails.Approval;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Operations;

/// <summary>Tool calls that a guardrail holds until a person says yes or no.</summary>
internal static class ApprovalsEndpoints
{
    public static void MapApprovals(this IEndpointRouteBuilder routes)
    {
        var approvals = routes.MapGroup("/approvals").WithTags("approvals");
        approvals.MapGet("/", ListAsync).WithSummary("List tool calls that wait, or waited, for approval, newest first").ProducesProblem(422);
        approvals.MapGet("/{approval}", FindAsync).WithSummary("Show a tool call that waits, or waited, for approval").ProducesProblem(404);
        approvals.MapPost("/{approval}/approve", ApproveAsync).WithSummary("Let a tool call through when it is made again").ProducesProblem(404);
        approvals.MapPost("/{approval}/deny", DenyAsync).WithSummary("Refuse a tool call for as long as an approval would hold").ProducesProblem(404);
    }

    private static async Task<Ok<Page<ToolApproval>>> ListAsync(string? agent, string? state, ApprovalDesk desk, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<ToolApproval> { Items = await desk.ListAsync(agent, QueryWords.Read<ApprovalState>(state, "state"), cancellationToken) });

    private static async Task<Ok<ToolApproval>> FindAsync(string approval, ApprovalDesk desk, CancellationToken cancellationToken) =>
        TypedResults.Ok(await desk.FindAsync(approval, cancellationToken));

    private static Task<Ok<ToolApproval>> ApproveAsync(string approval, Caller caller, ApprovalDesk desk, IAuditLog audit, CancellationToken cancellationToken) =>
        DecideAsync(approval, approve: true, caller, desk, audit, cancellationToken);

    private static Task<Ok<ToolApproval>> DenyAsync(string approval, Caller caller, ApprovalDesk desk, IAuditLog audit, CancellationToken cancellationToken) =>
        DecideAsync(approval, approve: false, caller, desk, audit, cancellationToken);

    private static async Task<Ok<ToolApproval>> DecideAsync(
        string id, bool approve, Caller caller, ApprovalDesk desk, IAuditLog audit, CancellationToken cancellationToken)
    {
        var decided = await desk.DecideAsync(id, approve, caller.Principal, cancellationToken);
        await audit.AppendAsync(
            new AuditAct(caller.Principal, approve ? "tool_call.approved" : "tool_call.denied", decided.Id, $"{decided.Agent}: {decided.Tool}"), cancellationToken);
        return TypedResults.Ok(decided);
    }
}
