using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces;

/// <summary>Takes spans and feedback. Writing is idempotent by (trace, span) and by (target, name, source).</summary>
public interface ITraceWriter
{
    /// <summary>Returns when the spans will survive a crash of this process.</summary>
    Task WriteAsync(IReadOnlyList<Span> spans, CancellationToken cancellationToken);

    Task WriteFeedbackAsync(IReadOnlyList<Feedback> feedback, CancellationToken cancellationToken);

    /// <summary>For whoever has spans one at a time.</summary>
    ITraceBatch NewBatch() => new ListedTraceBatch(this);
}
