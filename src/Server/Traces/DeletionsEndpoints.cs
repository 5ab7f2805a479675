using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Traces;

internal static class DeletionsEndpoints
{
    public static void MapDeletions(this IEndpointRouteBuilder routes)
    {
        var deletions = routes.MapGroup("/traces/deletions").WithTags("traces");
        deletions.MapPost("/", AskDeletionAsync).WithSummary("Delete a user's, a conversation's or one trace for good").ProducesProblem(422);
        deletions.MapGet("/{deletion}", FindDeletion).WithSummary("How far a deletion is").ProducesProblem(404);
    }

    private static async Task<Accepted<Deletion>> AskDeletionAsync(DeleteTracesRequest request, TraceDeletions deletions, CancellationToken cancellationToken)
    {
        var told = (request.User is null ? 0 : 1) + (request.Conversation is null ? 0 : 1) + (request.TraceId is null ? 0 : 1);
        if (told != 1 || (request.User ?? request.Conversation ?? request.TraceId?.Value) is "")
            throw new Refusal("deletion-not-valid", 422, $"The request names {told} things to delete.", "Give exactly one of user, conversation and trace_id.");
        var deletion = await deletions.AskAsync(request, cancellationToken);
        return TypedResults.Accepted($"/api/v1/traces/deletions/{deletion.Id}", deletion);
    }

    private static Ok<Deletion> FindDeletion(string deletion, TraceDeletions deletions) => TypedResults.Ok(
        deletions.Find(deletion) ?? throw new Refusal("deletion-not-found", 404, $"There is no deletion '{deletion}'.", "POST /api/v1/traces/deletions answers with the id of each."));
}
