using Espalier.Contracts.Traces;
using Espalier.Core.Traces;
using Espalier.Storage.ClickHouse.Journal;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Writes each item at once as the row that it will be, and the rows into the journal when all are there.</summary>
internal sealed class JournalledBatch(TraceJournal journal, WriteClock clock, string project) : ITraceBatch
{
    private readonly JournalRecords _spans = new(JournalKind.Spans);
    private readonly JournalRecords _feedback = new(JournalKind.Feedback);

    public void Add(Span span) => _spans.Add(span, SpanRow.Write, project, clock.Next());

    public void Add(Feedback feedback) => _feedback.Add(feedback, FeedbackRow.Write, project, clock.Next());

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        foreach (var (record, rows) in _spans.All().Concat(_feedback.All())) await journal.AppendAsync(record, rows, cancellationToken);
    }

    public void Dispose()
    {
        _spans.Dispose();
        _feedback.Dispose();
    }
}
