using Espalier.Contracts.Traces;
using Espalier.Core.Traces;
using Espalier.Storage.ClickHouse.Journal;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Writes each item at once as the row that it will be, and the rows into the journal when all are there.</summary>
/// <param name="journal">Where the rows go.</param>
/// <param name="clock">The order of writes.</param>
/// <param name="project">Whose rows they are.</param>
/// <param name="bytes">About how many bytes of spans are to come; 0 when nobody knows.</param>
internal sealed class JournalledBatch(TraceJournal journal, WriteClock clock, string project, long bytes = 0) : ITraceBatch
{
    private readonly JournalRecords _spans = new(JournalKind.Spans, bytes);
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
