using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces;

/// <summary>Spans and feedback, for ever-growing traffic.</summary>
/// <remarks>Reading sees everything that writing acknowledged before the call.</remarks>
public interface ITraceStore : ITraceWriter
{
    /// <summary>Newest first.</summary>
    Task<Page<TraceSummary>> ListAsync(TraceQuery query, CancellationToken cancellationToken);

    /// <summary>Null when no span of the trace is known.</summary>
    Task<Trace?> FindAsync(TraceId traceId, CancellationToken cancellationToken);

    /// <summary>Null when no trace of the conversation is known.</summary>
    Task<Conversation?> FindConversationAsync(string conversation, CancellationToken cancellationToken);

    Task<TraceTotals> TotalsAsync(TraceQuery query, CancellationToken cancellationToken);

    /// <param name="query">Which traces; its limit and cursor do not count.</param>
    /// <param name="by">One to three dimensions.</param>
    /// <param name="metric">Which feedback says what passed.</param>
    /// <param name="most">Most groups to return.</param>
    Task<TraceBreakdown> BreakDownAsync(
        TraceQuery query, IReadOnlyList<TraceDimension> by, FeedbackMetric metric, int most, CancellationToken cancellationToken);

    /// <summary>Deletes for good what is asked for, journal and feedback included. Repeating it is harmless.</summary>
    /// <returns>How much was deleted: traces, spans, feedback.</returns>
    Task<(long Traces, long Spans, long Feedback)> DeleteAsync(DeleteTracesRequest asked, CancellationToken cancellationToken);

    /// <summary>Drops the days before this one.</summary>
    Task<ExpiredTraces> ExpireAsync(DateOnly before, CancellationToken cancellationToken);

    /// <summary>Names of feedback that are none of the known metrics.</summary>
    Task<IReadOnlyList<UnknownMetric>> UnknownMetricsAsync(CancellationToken cancellationToken);
}
