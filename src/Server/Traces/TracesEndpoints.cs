using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Espalier.Server.Traces;

internal static class TracesEndpoints
{
    private const int MostItems = 10_000;

    public static void MapTraces(this IEndpointRouteBuilder routes)
    {
        var traces = routes.MapGroup("/traces").WithTags("traces");
        traces.MapGet("/", ListAsync).WithSummary("List traces, newest first").ProducesProblem(422);
        traces.MapGet("/totals", TotalsAsync).WithSummary("Counts and sums over traces");
        traces.MapGet("/{trace}", FindAsync).WithSummary("Show a trace with its spans").ProducesProblem(404).ProducesProblem(422);
        routes.MapPost("/feedback", FeedbackAsync).WithTags("traces").WithSummary("Tell outcomes and opinions about traces, also days later")
            .ProducesProblem(422).ProducesProblem(429).TakesBulk();
    }

    private static async Task<Ok<Page<TraceSummary>>> ListAsync(
        [AsParameters] TraceFilter filter, ITraceStore store, ISpanSink spans, CancellationToken cancellationToken)
    {
        await TryFlushAsync(spans, cancellationToken);
        return TypedResults.Ok(await store.ListAsync(filter.ToQuery(), cancellationToken));
    }

    private static async Task<Ok<TraceTotals>> TotalsAsync(
        [AsParameters] TraceFilter filter, ITraceStore store, ISpanSink spans, CancellationToken cancellationToken)
    {
        await spans.FlushAsync(cancellationToken);
        return TypedResults.Ok(await store.TotalsAsync(filter.ToQuery(), cancellationToken));
    }

    private static async Task<Ok<Trace>> FindAsync(string trace, ITraceStore store, ISpanSink spans, CancellationToken cancellationToken)
    {
        if (trace.Length != 32 || !trace.All(char.IsAsciiHexDigitLower))
            throw new Refusal("trace-id-not-valid", 422, $"'{trace}' is not a trace id.", "A trace id has 32 lower-case hex digits.");
        await TryFlushAsync(spans, cancellationToken);
        return TypedResults.Ok(
            await store.FindAsync(new TraceId(trace), cancellationToken)
            ?? throw new Refusal("trace-not-found", 404, $"There is no trace {trace}.", "List them with 'espalier traces list'."));
    }

    /// <summary>What is stored can be read while nothing new can be written. Sums wait for everything or fail: they must be exact.</summary>
    private static async Task TryFlushAsync(ISpanSink spans, CancellationToken cancellationToken)
    {
        try
        {
            await spans.FlushAsync(cancellationToken);
        }
        catch (StorageFault)
        {
            // The spans that wait are not shown yet; the sink has logged why.
        }
    }

    private static async Task<Ok<FeedbackReceipt>> FeedbackAsync(
        FeedbackBatch batch, ITraceStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        if (batch.Items.Count > MostItems)
            throw new Refusal("batch-too-large", 422, $"The batch has {batch.Items.Count} items.", $"Send at most {MostItems} at once.");
        var feedback = batch.Items.WithoutNulls("items").Select((item, i) => Check(item, i, time)).ToList();
        await store.WriteFeedbackAsync(feedback, cancellationToken);
        return TypedResults.Ok(new FeedbackReceipt(feedback.Count));
    }

    private static Feedback Check(FeedbackSignal item, int index, TimeProvider time)
    {
        if (item.TraceId?.Value is not { Length: 32 } trace || !trace.All(char.IsAsciiHexDigitLower))
            throw new Refusal("feedback-not-valid", 422, $"Item {index}: '{item.TraceId}' is not a trace id.", "A trace id has 32 lower-case hex digits.");
        if (item.Name.Length is 0 or > 100)
            throw new Refusal("feedback-not-valid", 422, $"Item {index} has a name of {item.Name.Length} characters.", "Name what is told: outcome, thumbs, csat.");
        if (item is { Label: null, Value: null, Comment: null })
            throw new Refusal("feedback-not-valid", 422, $"Item {index} says nothing.", "Give a label, a value or a comment.");
        return new Feedback
        {
            TraceId = item.TraceId,
            Name = item.Name,
            Source = item.Source,
            Label = item.Label,
            Value = item.Value,
            Comment = item.Comment,
            At = item.At ?? time.GetUtcNow(),
        };
    }

    /// <summary>The query of a list; what is not given does not restrict.</summary>
    internal sealed record TraceFilter(
        [FromQuery(Name = "agent")] string? Agent, [FromQuery(Name = "version")] string? Version, [FromQuery(Name = "purpose")] string? Purpose,
        [FromQuery(Name = "session")] string? Session, [FromQuery(Name = "conversation")] string? Conversation,
        [FromQuery(Name = "since")] DateTimeOffset? Since, [FromQuery(Name = "until")] DateTimeOffset? Until,
        [FromQuery(Name = "has_error")] bool? HasError, [FromQuery(Name = "limit")] int? Limit,
        [FromQuery(Name = "cursor")] string? Cursor)
    {
        public TraceQuery ToQuery() => new()
        {
            Agent = Agent,
            Version = Version is null ? null : new VersionId(Version),
            Purpose = QueryWords.Read<Purpose>(Purpose, "purpose"),
            Session = Session,
            Conversation = Conversation,
            Since = Since,
            Until = Until,
            HasError = HasError,
            Limit = Math.Clamp(Limit ?? 100, 1, 1000),
            Cursor = Cursor,
        };
    }
}
