using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces;

/// <summary>Spans and feedback, for ever-growing traffic. Writing is idempotent by (trace, span) and by (trace, name, source).</summary>
public interface ITraceStore
{
    /// <summary>Returns when the spans will survive a crash of this process.</summary>
    Task WriteAsync(IReadOnlyList<Span> spans, CancellationToken cancellationToken);

    Task WriteFeedbackAsync(IReadOnlyList<Feedback> feedback, CancellationToken cancellationToken);

    /// <summary>Newest first. Sees everything that <see cref="WriteAsync"/> acknowledged before the call.</summary>
    Task<Page<TraceSummary>> ListAsync(TraceQuery query, CancellationToken cancellationToken);

    /// <summary>Null when no span of the trace is known.</summary>
    Task<Trace?> FindAsync(TraceId traceId, CancellationToken cancellationToken);

    Task<TraceTotals> TotalsAsync(TraceQuery query, CancellationToken cancellationToken);
}
