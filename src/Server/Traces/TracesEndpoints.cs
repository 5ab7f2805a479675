using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Server.Hosting;
using Espalier.Server.Traces.Imports;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Espalier.Server.Traces;

internal static class TracesEndpoints
{
    private const int UsualGroups = 200;
    private const int MostGroups = 10_000;

    public static void MapTraces(this IEndpointRouteBuilder routes)
    {
        var traces = routes.MapGroup("/traces").WithTags("traces");
        traces.MapGet("/", ListAsync).WithSummary("List traces, newest first").ProducesProblem(422);
        traces.MapGet("/totals", TotalsAsync).WithSummary("Counts and sums over traces").ProducesProblem(422);
        traces.MapGet("/breakdown", BreakDownAsync).WithSummary("Volume, pass rate, cost, tokens and latency by version, model, hour and more").ProducesProblem(422);
        traces.MapGet("/{trace}", FindAsync).WithSummary("Show a trace with its spans").ProducesProblem(404).ProducesProblem(422);
        routes.MapGet("/conversations/{conversation}", ConversationAsync).WithTags("traces").WithSummary("Show a conversation, oldest turn first").ProducesProblem(404);
        routes.MapFeedback();
        routes.MapDeletions();
        routes.MapTraceImports();
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

    private static async Task<Ok<TraceBreakdown>> BreakDownAsync(
        [FromQuery(Name = "by")] string? by, [FromQuery(Name = "metric")] string? metric, [AsParameters] TraceFilter filter, ITraceStore store,
        FeedbackMetrics metrics, ISpanSink spans, CancellationToken cancellationToken)
    {
        var known = metrics.Find(metric ?? "outcome") ?? throw new Refusal(
            "metric-not-known", 422, $"'{metric}' is no metric of this project.", $"Use one of {string.Join(", ", metrics.Names)}, or add it to {TracesOptions.Section}:Metrics.");
        var dimensions = (by ?? "version").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(word => QueryWords.Read<TraceDimension>(word, "by")!.Value).ToList();
        await spans.FlushAsync(cancellationToken);
        var most = Math.Clamp(filter.Limit ?? UsualGroups, 1, MostGroups);
        return TypedResults.Ok(await store.BreakDownAsync(filter.ToQuery(), dimensions, known, most, cancellationToken));
    }

    private static async Task<Ok<Trace>> FindAsync(string trace, ITraceStore store, ISpanSink spans, CancellationToken cancellationToken)
    {
        if (trace.Length != 32 || !trace.All(char.IsAsciiHexDigitLower))
            throw new Refusal("trace-id-not-valid", 422, $"'{trace}' is not a trace id.", "A trace id has 32 lower-case hex digits.");
        var fault = await TryFlushAsync(spans, cancellationToken);
        return TypedResults.Ok(
            await store.FindAsync(new TraceId(trace), cancellationToken)
            ?? throw Missing(fault, new Refusal("trace-not-found", 404, $"There is no trace {trace}.", "List them with 'espalier traces list'.")));
    }

    private static async Task<Ok<Conversation>> ConversationAsync(string conversation, ITraceStore store, ISpanSink spans, CancellationToken cancellationToken)
    {
        var fault = await TryFlushAsync(spans, cancellationToken);
        return TypedResults.Ok(
            await store.FindConversationAsync(conversation, cancellationToken)
            ?? throw Missing(fault, new Refusal(
                "conversation-not-found", 404, $"No trace belongs to the conversation '{conversation}'.", "List traces with 'espalier traces list'; each shows its conversation.")));
    }

    /// <summary>While spans wait to be stored nobody can say that there is none.</summary>
    private static Exception Missing(StorageFault? fault, Refusal refusal) => fault is null ? refusal : fault;

    /// <summary>What is stored can be read while nothing new can be written. Sums wait for everything or fail: they must be exact.</summary>
    /// <returns>Why spans wait; null when all are stored.</returns>
    private static async Task<StorageFault?> TryFlushAsync(ISpanSink spans, CancellationToken cancellationToken)
    {
        try
        {
            await spans.FlushAsync(cancellationToken);
            return null;
        }
        catch (StorageFault fault)
        {
            // The spans that wait are not shown yet; the sink has logged why.
            return fault;
        }
    }
}
