using Espalier.Contracts.Traces;
using Espalier.Storage.ClickHouse.Journal;

namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>The spans of a batch that is about to be loaded, by trace: where their rows are, not yet read.</summary>
internal sealed class FoldBatch
{
    private readonly IReadOnlyList<LoadedRecord> _records;
    private readonly Dictionary<TraceId, List<RowPlace>> _places = [];
    private readonly StringPool _pool = new();

    /// <param name="project">Rows of other projects are not folded; a server of theirs does that.</param>
    public FoldBatch(IReadOnlyList<LoadedRecord> records, string project)
    {
        _records = records;
        for (var i = 0; i < records.Count; i++) Scan(i, project);
    }

    public IReadOnlyCollection<TraceId> Traces => _places.Keys;

    /// <summary>The spans of a trace together with those that were known before; of two of one id the one that was written later.</summary>
    public IReadOnlyCollection<WrittenSpan> Read(TraceId trace, IReadOnlyCollection<WrittenSpan> before)
    {
        var spans = before.ToDictionary(one => one.Span.SpanId);
        foreach (var (record, offset, written) in _places[trace])
        {
            var row = new RowBinaryReader(_records[record].Rows.Span[offset..]);
            var span = FoldSpanRow.Read(ref row, trace, _pool);
            if (!spans.TryGetValue(span.SpanId, out var there) || there.Written < written) spans[span.SpanId] = new(span, written);
        }

        return spans.Values;
    }

    private void Scan(int record, string project)
    {
        var row = new RowBinaryReader(_records[record].Rows.Span);
        var texts = default(FoldKeyTexts);
        while (!row.IsAtEnd)
        {
            var offset = row.Position;
            var (its, trace, written) = FoldSpanRow.ReadKey(ref row, ref texts);
            if (its != project) continue;
            if (!_places.TryGetValue(trace, out var places)) _places[trace] = places = [];
            places.Add(new(record, offset, written));
        }
    }

    private readonly record struct RowPlace(int Record, int Offset, long Written);
}

/// <summary>A span as folding sees it. Of two of one id the one that was written later counts.</summary>
internal readonly record struct WrittenSpan(Span Span, long Written);
