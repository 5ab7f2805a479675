using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Redaction;

/// <summary>A store that nothing unredacted gets into. Whoever writes traces writes through it.</summary>
/// <remarks>Asking by a user, a conversation or words that hold an e-mail address asks by its placeholder, so callers need not know.</remarks>
public sealed class RedactingTraceStore(ITraceStore store, SpanRedaction redaction) : ITraceStore
{
    public Task WriteAsync(IReadOnlyList<Span> spans, CancellationToken cancellationToken)
    {
        // A call's text is in its span and its attempt's, and in its run's: the gateway hands over one string for all of them.
        var seen = new Dictionary<string, string>(2 * spans.Count, ReferenceEqualityComparer.Instance);
        return store.WriteAsync(Each(spans, span => redaction.Apply(span, seen)), cancellationToken);
    }

    public Task WriteFeedbackAsync(IReadOnlyList<Feedback> feedback, CancellationToken cancellationToken) =>
        store.WriteFeedbackAsync(Each(feedback, redaction.Apply), cancellationToken);

    public ITraceBatch NewBatch() => new RedactingTraceBatch(store.NewBatch(), redaction);

    public Task<Page<TraceSummary>> ListAsync(TraceQuery query, CancellationToken cancellationToken) => store.ListAsync(AsStored(query), cancellationToken);

    public Task<Trace?> FindAsync(TraceId traceId, CancellationToken cancellationToken) => store.FindAsync(traceId, cancellationToken);

    public Task<Conversation?> FindConversationAsync(string conversation, CancellationToken cancellationToken) =>
        store.FindConversationAsync(redaction.Identity(conversation)!, cancellationToken);

    public Task<TraceTotals> TotalsAsync(TraceQuery query, CancellationToken cancellationToken) => store.TotalsAsync(AsStored(query), cancellationToken);

    public Task<TraceBreakdown> BreakDownAsync(
        TraceQuery query, IReadOnlyList<TraceDimension> by, FeedbackMetric metric, int most, CancellationToken cancellationToken) =>
        store.BreakDownAsync(AsStored(query), by, metric, most, cancellationToken);

    /// <remarks>Also what was stored by the address itself, before redaction was on.</remarks>
    public async Task<(long Traces, long Spans, long Feedback)> DeleteAsync(DeleteTracesRequest asked, CancellationToken cancellationToken)
    {
        var deleted = await store.DeleteAsync(asked, cancellationToken);
        var stored = asked with { User = redaction.Identity(asked.User), Conversation = redaction.Identity(asked.Conversation) };
        if (stored == asked) return deleted;
        var more = await store.DeleteAsync(stored, cancellationToken);
        return (deleted.Traces + more.Traces, deleted.Spans + more.Spans, deleted.Feedback + more.Feedback);
    }

    public Task<ExpiredTraces> ExpireAsync(DateOnly before, CancellationToken cancellationToken) => store.ExpireAsync(before, cancellationToken);

    public Task<IReadOnlyList<UnknownMetric>> UnknownMetricsAsync(CancellationToken cancellationToken) => store.UnknownMetricsAsync(cancellationToken);

    private TraceQuery AsStored(TraceQuery query) =>
        query.Conversation is null && query.User is null && query.Text is null
            ? query
            : query with { Conversation = redaction.Identity(query.Conversation), User = redaction.Identity(query.User), Text = redaction.Text(query.Text) };

    private static IReadOnlyList<T> Each<T>(IReadOnlyList<T> list, Func<T, T> apply)
        where T : class
    {
        T[]? changed = null;
        for (var i = 0; i < list.Count; i++)
        {
            var one = apply(list[i]);
            if (ReferenceEquals(one, list[i])) continue;
            changed ??= [.. list];
            changed[i] = one;
        }

        return changed ?? list;
    }
}
