using System.Globalization;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Shared;
using Espalier.Core.Releases;
using Espalier.Core.Shared;
using Espalier.Server.Agents;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Releases;

internal static class ReleasesEndpoints
{
    public static void MapReleases(this IEndpointRouteBuilder routes)
    {
        var releases = routes.MapGroup("/releases").WithTags("releases");
        releases.MapPost("/", RequestAsync).WithSummary("Ask for a version to serve; nothing changes before the approval")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);
        releases.MapGet("/", ListAsync).WithSummary("List an agent's releases, newest first").ProducesProblem(404);
        releases.MapPost("/{release}/approve", ApproveAsync).WithSummary("Approve what was shown: the version serves at once").ProducesProblem(404).ProducesProblem(409);
        releases.MapPost("/rollback", RollBackAsync).WithSummary("All traffic back to the version before").ProducesProblem(404).ProducesProblem(409);
        var audit = routes.MapGroup("/audit").WithTags("releases");
        audit.MapGet("/", AuditAsync).WithSummary("List audit entries, oldest first");
        audit.MapGet("/verify", VerifyAsync).WithSummary("Recompute the audit chain");
    }

    private static async Task<Created<Release>> RequestAsync(
        RequestRelease request, Caller caller, AgentDirectory agents, ReleaseService releases, CancellationToken cancellationToken)
    {
        await agents.FindAsync(request.Agent, cancellationToken);
        var release = await releases.RequestAsync(request, caller.Principal, cancellationToken);
        return TypedResults.Created($"/api/v1/releases/{release.Id}", release);
    }

    private static async Task<Ok<Page<Release>>> ListAsync(string? agent, AgentDirectory agents, ReleaseService releases, CancellationToken cancellationToken)
    {
        var names = agent is null ? (await agents.ListAsync(cancellationToken)).Select(one => one.Agent) : [(await agents.FindAsync(agent, cancellationToken)).Agent];
        var found = new List<Release>();
        foreach (var name in names) found.AddRange((await releases.FoldAsync(name, cancellationToken)).Releases);
        return TypedResults.Ok(new Page<Release> { Items = [.. found.OrderByDescending(release => release.At)] });
    }

    private static async Task<Ok<Release>> ApproveAsync(
        string release, ApproveRelease approval, Caller caller, AgentDirectory agents, ReleaseService releases, CancellationToken cancellationToken)
    {
        var id = new ReleaseId(release);
        foreach (var agent in await agents.ListAsync(cancellationToken))
        {
            if ((await releases.FoldAsync(agent.Agent, cancellationToken)).Releases.All(known => known.Id != id)) continue;
            return TypedResults.Ok(await releases.ApproveAsync(agent.Agent, id, approval.Digest, caller.Principal, cancellationToken));
        }

        throw new Refusal("release-not-found", 404, $"There is no release '{release}'.", "List them with 'espalier releases list'.");
    }

    private static async Task<Ok<Release>> RollBackAsync(RollBack request, Caller caller, AgentDirectory agents, ReleaseService releases, CancellationToken cancellationToken)
    {
        await agents.FindAsync(request.Agent, cancellationToken);
        return TypedResults.Ok(await releases.RollBackAsync(request.Agent, request.Reason, caller.Principal, cancellationToken));
    }

    private static async Task<Ok<Page<AuditEntry>>> AuditAsync(long? after, int? limit, IAuditLog audit, CancellationToken cancellationToken)
    {
        var most = Math.Clamp(limit ?? 100, 1, 1000);
        var entries = await audit.ReadAsync(after ?? 0, most, cancellationToken);
        return TypedResults.Ok(new Page<AuditEntry>
        {
            Items = entries, NextCursor = entries.Count == most ? entries[^1].Sequence.ToString(CultureInfo.InvariantCulture) : null,
        });
    }

    private static async Task<Ok<AuditCheck>> VerifyAsync(IAuditLog audit, CancellationToken cancellationToken)
    {
        var bad = await audit.FindFirstBadAsync(cancellationToken);
        return TypedResults.Ok(new AuditCheck(bad is null, bad));
    }
}
