using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>Traces that are in the tables and will most likely get more spans, kept so that folding need not read them back each time.</summary>
/// <remarks>A shortcut only: whatever is not here is read from the tables. Bounded by <see cref="ClickHouseOptions.FoldMemoryBytes"/>, the
/// longest unused go first. Thread-safe.</remarks>
internal sealed class OpenTraces(ClickHouseOptions options)
{
    // Of the objects around the texts of a span.
    private const int BytesBeside = 600;

    private readonly Lock _lock = new();
    private readonly Dictionary<TraceId, LinkedListNode<OpenTrace>> _open = [];
    private readonly LinkedList<OpenTrace> _byUse = new();
    private long _bytes;

    public OpenTrace? Find(TraceId trace)
    {
        lock (_lock) return _open.TryGetValue(trace, out var node) ? node.Value : null;
    }

    /// <summary>True until the root came: most senders send that last.</summary>
    public static bool IsOpen(IReadOnlyCollection<WrittenSpan> spans) =>
        !spans.Any(one => one.Span.ParentId is null && one.Span.Kind != SpanKind.Event);

    /// <summary>Remembers all that is in the tables of a trace.</summary>
    public void Keep(TraceId trace, IReadOnlyCollection<WrittenSpan> spans, long startUs)
    {
        var bytes = spans.Sum(one => BytesOf(one.Span));
        lock (_lock)
        {
            Remove(trace);
            if (bytes > options.FoldMemoryBytes) return;
            _open[trace] = _byUse.AddLast(new OpenTrace(trace, spans, startUs, bytes));
            _bytes += bytes;
            while (_bytes > options.FoldMemoryBytes) Remove(_byUse.First!.Value.Id);
        }
    }

    public void Forget(TraceId trace)
    {
        lock (_lock) Remove(trace);
    }

    /// <summary>Something of what was loaded is no longer in the tables.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            while (_byUse.First is { } first) Remove(first.Value.Id);
        }
    }

    private static long BytesOf(Span span) =>
        BytesBeside + (2L * ((span.Input?.Length ?? 0) + (span.Output?.Length ?? 0) + (span.Error?.Length ?? 0) + span.Name.Length));

    private void Remove(TraceId trace)
    {
        if (!_open.Remove(trace, out var node)) return;
        _byUse.Remove(node);
        _bytes -= node.Value.Bytes;
    }
}

/// <summary>All spans of a trace that are in the tables so far.</summary>
/// <param name="StartUs">Where it stands in the table of traces.</param>
internal sealed record OpenTrace(TraceId Id, IReadOnlyCollection<WrittenSpan> Spans, long StartUs, long Bytes);
