using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces;

/// <summary>The batch of a writer that wants lists.</summary>
internal sealed class ListedTraceBatch(ITraceWriter writer) : ITraceBatch
{
    private readonly List<Span> _spans = [];
    private readonly List<Feedback> _feedback = [];

    public void Add(Span span) => _spans.Add(span);

    public void Add(Feedback feedback) => _feedback.Add(feedback);

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_spans.Count > 0) await writer.WriteAsync(_spans, cancellationToken);
        if (_feedback.Count > 0) await writer.WriteFeedbackAsync(_feedback, cancellationToken);
    }

    public void Dispose()
    {
    }
}
