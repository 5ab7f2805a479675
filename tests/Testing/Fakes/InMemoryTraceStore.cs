using System.Globalization;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;

namespace Espalier.Testing.Fakes;

/// <summary>Traces in memory: enough of a store for what reads them. It folds them with the product's own code.</summary>
public sealed class InMemoryTraceStore : ITraceStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(TraceId, SpanId), Span> _spans = [];
    private readonly Dictionary<(TraceId?, SpanId?, string?, string?, string, string), Feedback> _feedback = [];

    public Task WriteAsync(IReadOnlyList<Span> spans, CancellationToken cancellationToken)
    {
        lock (_lock)
            foreach (var span in spans) _spans[(span.TraceId, span.SpanId)] = span;
        return Task.CompletedTask;
    }

    public Task WriteFeedbackAsync(IReadOnlyList<Feedback> feedback, CancellationToken cancellationToken)
    {
        lock (_lock)
            foreach (var one in feedback) _feedback[(one.TraceId, one.SpanId, one.Conversation, one.ResponseId, one.Name, one.Source)] = one;
        return Task.CompletedTask;
    }

    public Task<Page<TraceSummary>> ListAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        var found = Select(query);
        var start = query.Cursor is null ? 0 : int.Parse(query.Cursor, CultureInfo.InvariantCulture);
        var end = start + query.Limit;
        return Task.FromResult(new Page<TraceSummary>
        {
            Items = [.. found.Skip(start).Take(query.Limit)],
            NextCursor = end < found.Count ? end.ToString(CultureInfo.InvariantCulture) : null,
        });
    }

    public Task<Trace?> FindAsync(TraceId traceId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var spans = _spans.Values.Where(span => span.TraceId == traceId).ToList();
            if (spans.Count == 0) return Task.FromResult<Trace?>(null);
            var facts = TraceFold.Of(spans);
            return Task.FromResult<Trace?>(new Trace { Summary = Summarise(facts), Facts = facts, Spans = TraceFold.Spans(spans) });
        }
    }

    public Task<Conversation?> FindConversationAsync(string conversation, CancellationToken cancellationToken)
    {
        var traces = Select(new TraceQuery { Conversation = conversation });
        return Task.FromResult(traces.Count == 0 ? null : new Conversation
        {
            Id = conversation,
            User = traces[0].User,
            Traces = [.. traces.Reverse()],
            Totals = TotalsOf(traces),
            Feedback = [.. _feedback.Values.Where(one => one.Conversation == conversation)],
        });
    }

    public Task<TraceTotals> TotalsAsync(TraceQuery query, CancellationToken cancellationToken) => Task.FromResult(TotalsOf(Select(query)));

    /// <summary>By agent, version, user and conversation alone: the rest is the real store's.</summary>
    public Task<TraceBreakdown> BreakDownAsync(
        TraceQuery query, IReadOnlyList<TraceDimension> by, FeedbackMetric metric, int most, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Traffic is told apart by the real store.");

    public Task<(long Traces, long Spans, long Feedback)> DeleteAsync(DeleteTracesRequest asked, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var gone = _spans.Values
                .Where(span => (asked.User is { } user && span.User == user) || (asked.Conversation is { } own && span.Conversation == own) || asked.TraceId == span.TraceId)
                .Select(span => span.TraceId).ToHashSet();
            var spans = _spans.Keys.Where(key => gone.Contains(key.Item1)).ToList();
            foreach (var key in spans) _spans.Remove(key);
            var feedback = _feedback.Where(pair => pair.Value.TraceId is { } trace && gone.Contains(trace)).Select(pair => pair.Key).ToList();
            foreach (var key in feedback) _feedback.Remove(key);
            return Task.FromResult(((long)gone.Count, (long)spans.Count, (long)feedback.Count));
        }
    }

    public Task<ExpiredTraces> ExpireAsync(DateOnly before, CancellationToken cancellationToken) => throw new NotSupportedException("Days are dropped by the real store.");

    public Task<IReadOnlyList<UnknownMetric>> UnknownMetricsAsync(CancellationToken cancellationToken)
    {
        var metrics = new FeedbackMetrics([]);
        lock (_lock)
            return Task.FromResult<IReadOnlyList<UnknownMetric>>([.. _feedback.Values.Where(one => !metrics.IsKnown(one.Name)).GroupBy(one => one.Name)
                .Select(group => new UnknownMetric(group.Key, group.Count(), group.Max(one => one.At)))]);
    }

    private static TraceTotals TotalsOf(IReadOnlyList<TraceSummary> traces) => new()
    {
        Traces = traces.Count,
        Observed = traces.Count,
        Attempts = traces.Sum(trace => trace.Attempts),
        ModelCalls = traces.Sum(trace => trace.ModelCalls),
        Errors = traces.Count(trace => trace.Error is not null),
        Cost = traces.Aggregate(Usd.Zero, (sum, trace) => sum + (trace.Cost ?? Usd.Zero)),
        UnpricedCalls = traces.Sum(trace => trace.UnpricedCalls),
    };

    private IReadOnlyList<TraceSummary> Select(TraceQuery query)
    {
        lock (_lock)
        {
            return [.. _spans.Values
                .GroupBy(span => span.TraceId)
                .Select(spans => Summarise(TraceFold.Of([.. spans])))
                .Where(trace => (query.Agent is null || trace.Agent == query.Agent)
                    && (query.Version is null || trace.Version == query.Version)
                    && (query.Purpose is null || trace.Purpose == query.Purpose)
                    && (query.Conversation is null || trace.Conversation == query.Conversation)
                    && (query.Session is null || trace.Session == query.Session)
                    && (query.User is null || trace.User == query.User)
                    && (query.Since is null || trace.Start >= query.Since)
                    && (query.Until is null || trace.Start < query.Until)
                    && (query.HasError is null || trace.Error is not null == query.HasError))
                .OrderByDescending(trace => trace.Start).ThenByDescending(trace => trace.TraceId.Value, StringComparer.Ordinal)];
        }
    }

    private TraceSummary Summarise(TraceFacts facts) => TraceSummaries.Of(facts, [.. _feedback.Values
        .Where(one => one.TraceId == facts.TraceId || (one.Conversation is { } own && own == facts.Conversation)
            || (one.ResponseId is { } id && facts.ModelCalls.Any(call => call.ResponseId == id)))
        .OrderBy(one => one.At)]);
}
