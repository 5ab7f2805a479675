using Espalier.Contracts.Traces;
using Espalier.Core.Traces;
using Espalier.Storage.ClickHouse.Journal;
using Espalier.Storage.Sqlite;

namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>Keeps the table of traces in step with that of spans: folds each trace of a batch anew from all of its spans.</summary>
/// <remarks>
/// What it writes depends on the spans alone, and of two rows of a trace the one that was folded from more of them counts. So it may run
/// twice, be cut off and run again, or run in two servers at once. Spans come from the batch itself where all of a trace's are there, else
/// from the tables.
/// </remarks>
internal sealed class TraceFolder(ClickHouseClient client, OpenTraces open, SamplingOptions sampling, ClickHouseOptions options) : IDisposable
{
    // Traces that are further apart than this are read apart, so that a late span of last month does not have the month read.
    private const long GapUs = 10L * 60 * 1_000_000;
    private const int MostWindows = 16;
    private const int MostIds = 1000;
    private const int FirstBytes = 256 * 1024;
    private const int MostKeptBytes = 16 * 1024 * 1024;

    // Used again for each batch, which the loader folds one after the other: fresh megabytes each time would be paged in each time.
    private PooledWriter _rows = new(FirstBytes);

    // Of other servers' spans nothing is known here: where there may be some, every trace is read back.
    private bool IsAlone => options.Url is null;

    /// <summary>To be called before the rows are loaded: what is in the tables by then came before them.</summary>
    public async Task<FoldPlan> PlanAsync(IReadOnlyList<LoadedRecord> records, CancellationToken cancellationToken)
    {
        var batch = new FoldBatch(records, options.Project);
        if (!IsAlone) return new(batch, [], [.. batch.Traces]);
        var traces = batch.Traces.Select(trace => (Trace: trace, Before: open.Find(trace))).ToList();
        var stored = new HashSet<string>(StringComparer.Ordinal);
        foreach (var unknown in traces.Where(one => one.Before is null).Select(one => one.Trace).Chunk(MostIds))
        {
            foreach (var found in await client.QueryAsync(FoldSql.StoredTraces, Parameters(unknown), TraceJson.Default.FoundId, cancellationToken))
                stored.Add(found.Id);
        }

        return new(batch, [.. traces.Where(one => !stored.Contains(one.Trace.Value))], [.. stored.Select(id => new TraceId(id))]);
    }

    /// <summary>To be called when the rows are loaded.</summary>
    public async Task FoldAsync(FoldPlan plan, CancellationToken cancellationToken)
    {
        await FoldFreshAsync(plan, cancellationToken);
        foreach (var stored in plan.Stored.Chunk(MostIds)) await ReadAndFoldAsync(stored, cancellationToken);
    }

    public void Dispose() => _rows.Dispose();

    internal static IReadOnlyList<(long Low, long High)> Windows(IEnumerable<FoldBounds> bounds)
    {
        var windows = new List<(long Low, long High)>();
        foreach (var trace in bounds.OrderBy(trace => trace.EarliestUs))
        {
            if (windows.Count > 0 && (trace.EarliestUs <= windows[^1].High + GapUs || windows.Count == MostWindows))
                windows[^1] = (windows[^1].Low, Math.Max(windows[^1].High, trace.LatestUs));
            else windows.Add((trace.EarliestUs, trace.LatestUs));
        }

        return windows;
    }

    private async Task FoldFreshAsync(FoldPlan plan, CancellationToken cancellationToken)
    {
        var decided = new Dictionary<string, SamplingDecision>(StringComparer.Ordinal);
        foreach (var traces in sampling.IsOn ? plan.Fresh.Select(one => one.Trace).Chunk(MostIds) : [])
        {
            foreach (var one in await DecisionsAsync(traces, cancellationToken)) decided[one.TraceId] = one;
        }

        var rows = EmptyRows();
        var writer = new RowBinaryWriter(rows);
        var folded = new List<(TraceId Trace, IReadOnlyCollection<WrittenSpan> Spans, long StartUs)>();
        foreach (var (trace, before) in plan.Fresh)
        {
            var spans = plan.Batch.Read(trace, before?.Spans ?? []);
            IReadOnlyList<FoldedTrace> stood = before is null ? [] : [new FoldedTrace(trace.Value, before.StartUs)];
            var start = Fold(writer, spans, stood, decided.GetValueOrDefault(trace.Value));
            if (OpenTraces.IsOpen(spans)) folded.Add((trace, spans, start));
            else open.Forget(trace);
        }

        await InsertAsync(rows, cancellationToken);
        foreach (var (trace, spans, start) in folded) open.Keep(trace, spans, start);
    }

    private async Task ReadAndFoldAsync(IReadOnlyCollection<TraceId> traces, CancellationToken cancellationToken)
    {
        var bounds = await client.QueryAsync(FoldSql.Bounds, Parameters(traces), TraceJson.Default.FoldBounds, cancellationToken);
        var decided = (sampling.IsOn ? await DecisionsAsync(traces, cancellationToken) : []).ToDictionary(decision => decision.TraceId, StringComparer.Ordinal);
        foreach (var (low, high) in Windows(bounds))
        {
            var window = Parameters(traces).Add("low", low).Add("high", high);
            var spans = await client.QueryAsync(FoldSql.Spans, window, TraceJson.Default.SpanRow, cancellationToken);
            var stood = (await client.QueryAsync(FoldSql.Stood, window, TraceJson.Default.FoldedTrace, cancellationToken))
                .ToLookup(trace => trace.TraceId, StringComparer.Ordinal);
            var rows = EmptyRows();
            var writer = new RowBinaryWriter(rows);
            var folded = new List<(TraceId Trace, IReadOnlyCollection<WrittenSpan> Spans, long StartUs)>();
            foreach (var trace in spans.GroupBy(row => row.TraceId, StringComparer.Ordinal))
            {
                var its = trace.Select(row => new WrittenSpan(row.ToSpan(), row.Written)).ToList();
                var start = Fold(writer, its, stood[trace.Key], decided.GetValueOrDefault(trace.Key));
                if (IsAlone && OpenTraces.IsOpen(its)) folded.Add((its[0].Span.TraceId, its, start));
            }

            await InsertAsync(rows, cancellationToken);
            foreach (var (trace, its, start) in folded) open.Keep(trace, its, start);
        }
    }

    private long Fold(RowBinaryWriter writer, IReadOnlyCollection<WrittenSpan> spans, IEnumerable<FoldedTrace> stood, SamplingDecision? decided)
    {
        var facts = TraceFold.Of([.. spans.Select(one => one.Span)]);
        var written = spans.Max(one => one.Written);
        var start = UnixMicros.From(facts.Start);
        foreach (var earlier in stood.Where(earlier => earlier.StartUs != start)) FoldedRow.WriteGone(writer, options.Project, earlier, written);
        // A late span of a trace that was not kept does not bring it back.
        FoldedRow.Write(writer, options.Project, facts, decided?.Probability ?? 1, written, isGone: decided is { Kept: 0 });
        return start;
    }

    private PooledWriter EmptyRows()
    {
        if (_rows.Capacity > MostKeptBytes)
        {
            _rows.Dispose();
            _rows = new(FirstBytes);
        }

        _rows.CutTo(0);
        return _rows;
    }

    private Task InsertAsync(PooledWriter rows, CancellationToken cancellationToken) =>
        rows.WrittenCount == 0 ? Task.CompletedTask : client.InsertAsync(FoldedRow.Insert, [rows.WrittenMemory], cancellationToken);

    private Task<List<SamplingDecision>> DecisionsAsync(IEnumerable<TraceId> traces, CancellationToken cancellationToken) =>
        client.QueryAsync(FoldSql.Decisions, Parameters(traces), TraceJson.Default.SamplingDecision, cancellationToken);

    private ClickHouseParameters Parameters(IEnumerable<TraceId> traces) =>
        new ClickHouseParameters().Add("project", options.Project).Add("traces", traces.Select(trace => trace.Value));
}
