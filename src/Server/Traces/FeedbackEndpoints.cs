using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Traces;

internal static class FeedbackEndpoints
{
    private const int MostItems = 10_000;

    public static void MapFeedback(this IEndpointRouteBuilder routes)
    {
        var feedback = routes.MapGroup("/feedback").WithTags("traces");
        feedback.MapPost("/", TellAsync).WithSummary("Tell outcomes and opinions about traces, spans, conversations or answers, also days later")
            .ProducesProblem(422).ProducesProblem(429).TakesBulk();
        feedback.MapGet("/unknown", UnknownAsync).WithSummary("Metrics that feedback told and that are not known: kept, but counted nowhere");
    }

    private static async Task<Ok<FeedbackReceipt>> TellAsync(
        FeedbackBatch batch, ITraceStore store, FeedbackMetrics metrics, TimeProvider time, CancellationToken cancellationToken)
    {
        if (batch.Items.Count > MostItems)
            throw new Refusal("batch-too-large", 422, $"The batch has {batch.Items.Count} items.", $"Send at most {MostItems} at once.");
        var feedback = batch.Items.WithoutNulls("items").Select((item, i) => FeedbackChecks.Check(item, i, time.GetUtcNow())).ToList();
        await store.WriteFeedbackAsync(feedback, cancellationToken);
        return TypedResults.Ok(new FeedbackReceipt(feedback.Count, feedback.Count(one => !metrics.IsKnown(one.Name))));
    }

    private static async Task<Ok<UnknownMetrics>> UnknownAsync(ITraceStore store, FeedbackMetrics metrics, CancellationToken cancellationToken) =>
        TypedResults.Ok(new UnknownMetrics { Items = await store.UnknownMetricsAsync(cancellationToken), Known = [.. metrics.Names] });
}
