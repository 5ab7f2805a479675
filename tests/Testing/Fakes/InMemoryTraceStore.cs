using System.Globalization;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces;

namespace Espalier.Testing.Fakes;

/// <summary>Traces in memory: enough of a store for what reads them. A trace's root is its agent span.</summary>
public sealed class InMemoryTraceStore : ITraceStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(TraceId, SpanId), Span> _spans = [];
    private readonly Dictionary<(TraceId?, string, string), Feedback> _feedback = [];

    public Task WriteAsync(IReadOnlyList<Span> spans, CancellationToken cancellationToken)
    {
        lock (_lock)
            foreach (var span in spans) _spans[(span.TraceId, span.SpanId)] = span;
        return Task.CompletedTask;
    }

    public Task WriteFeedbackAsync(IReadOnlyList<Feedback> feedback, CancellationToken cancellationToken)
    {
        lock (_lock)
            foreach (var one in feedback) _feedback[(one.TraceId, one.Name, one.Source)] = one;
        return Task.CompletedTask;
    }

    public Task<Page<TraceSummary>> ListAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var found = Select(query).OrderByDescending(trace => trace.Start).ThenByDescending(trace => trace.TraceId.Value, StringComparer.Ordinal).ToList();
            var start = query.Cursor is null ? 0 : int.Parse(query.Cursor, CultureInfo.InvariantCulture);
            var end = start + query.Limit;
            return Task.FromResult(new Page<TraceSummary>
            {
                Items = [.. found.Skip(start).Take(query.Limit)],
                NextCursor = end < found.Count ? end.ToString(CultureInfo.InvariantCulture) : null,
            });
        }
    }

    public Task<Trace?> FindAsync(TraceId traceId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var spans = _spans.Values.Where(span => span.TraceId == traceId).OrderBy(span => span.Start).ToList();
            return Task.FromResult(spans.Count == 0 ? null : new Trace { Summary = Summarise(spans), Spans = spans });
        }
    }

    public Task<TraceTotals> TotalsAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var traces = Select(query).Select(trace => trace.TraceId).ToHashSet();
            var attempts = _spans.Values.Where(span => span.Kind == SpanKind.Attempt && traces.Contains(span.TraceId)).ToList();
            return Task.FromResult(new TraceTotals
            {
                Traces = traces.Count,
                Attempts = attempts.Count,
                Errors = Select(query).Count(trace => trace.Error is not null),
                Cost = attempts.Aggregate(Usd.Zero, (sum, attempt) => sum + (attempt.Cost ?? Usd.Zero)),
                UnpricedAttempts = attempts.Count(attempt => attempt.Cost is null),
            });
        }
    }

    private IEnumerable<TraceSummary> Select(TraceQuery query) => _spans.Values
        .GroupBy(span => span.TraceId)
        .Select(spans => Summarise([.. spans]))
        .Where(trace => (query.Agent is null || trace.Agent == query.Agent)
            && (query.Version is null || trace.Version == query.Version)
            && (query.Purpose is null || trace.Purpose == query.Purpose)
            && (query.Conversation is null || trace.Conversation == query.Conversation)
            && (query.Session is null || _spans.Values.Any(span => span.TraceId == trace.TraceId && span.Session == query.Session))
            && (query.Since is null || trace.Start >= query.Since)
            && (query.Until is null || trace.Start < query.Until)
            && (query.HasError is null || trace.Error is not null == query.HasError));

    private TraceSummary Summarise(List<Span> spans)
    {
        var root = spans.Find(span => span.Kind == SpanKind.Agent) ?? spans[0];
        var attempts = spans.Where(span => span.Kind == SpanKind.Attempt).ToList();
        return new TraceSummary
        {
            TraceId = root.TraceId,
            Start = root.Start,
            Duration = root.Duration,
            Agent = root.Agent,
            Version = root.Version,
            Purpose = root.Purpose,
            Conversation = root.Conversation,
            User = root.User,
            Input = root.Input,
            Output = root.Output,
            Error = root.Error,
            Cost = attempts.Exists(attempt => attempt.Cost is null) ? null : attempts.Aggregate(Usd.Zero, (sum, attempt) => sum + attempt.Cost!.Value),
            Attempts = attempts.Count,
            Usage = new TokenUsage(),
            Feedback = [.. _feedback.Values.Where(one => one.TraceId == root.TraceId)],
        };
    }
}
