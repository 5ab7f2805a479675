using Espalier.Contracts.Traces;
using Espalier.Core.Traces;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Keeps the table of traces in step with that of spans: folds each trace of a batch anew from all of its spans.</summary>
/// <remarks>
/// What it writes depends on the spans alone, and of two rows of a trace the one that was folded from more of them counts. So it may run
/// twice, be cut off and run again, or run in two servers at once.
/// </remarks>
internal sealed class TraceFolder(ClickHouseClient client, SamplingOptions sampling, ClickHouseOptions options)
{
    // Traces that are further apart than this are read apart, so that a late span of last month does not have the month read.
    private const long GapUs = 10L * 60 * 1_000_000;
    private const int MostWindows = 16;
    private const int FirstBytes = 256 * 1024;

    /// <param name="first">Least "written" of the batch's spans.</param>
    /// <param name="last">Greatest.</param>
    public async Task FoldAsync(long first, long last, CancellationToken cancellationToken)
    {
        var bounds = await client.QueryAsync(TraceSql.FoldBounds, Parameters(first, last), TraceJson.Default.FoldBounds, cancellationToken);
        foreach (var (low, high) in Windows(bounds)) await FoldWindowAsync(first, last, low, high, cancellationToken);
    }

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

    private async Task FoldWindowAsync(long first, long last, long low, long high, CancellationToken cancellationToken)
    {
        var parameters = Parameters(first, last).Add("low", low).Add("high", high);
        var rows = await client.QueryAsync(TraceSql.FoldSpans, parameters, TraceJson.Default.SpanRow, cancellationToken);
        var stood = (IsAllNew(rows, first) ? [] : await client.QueryAsync(TraceSql.Folded, parameters, TraceJson.Default.FoldedTrace, cancellationToken))
            .ToLookup(trace => trace.TraceId, StringComparer.Ordinal);
        var decided = (sampling.IsOn ? await client.QueryAsync(TraceSql.FoldDecisions, Parameters(first, last), TraceJson.Default.SamplingDecision, cancellationToken) : [])
            .ToDictionary(decision => decision.TraceId, StringComparer.Ordinal);
        using var buffer = new PooledWriter(FirstBytes);
        var writer = new RowBinaryWriter(buffer);
        for (var i = 0; i < rows.Count;)
        {
            var end = i + 1;
            while (end < rows.Count && rows[end].TraceId == rows[i].TraceId) end++;
            Fold(writer, rows[i..end], stood[rows[i].TraceId], decided.GetValueOrDefault(rows[i].TraceId));
            i = end;
        }

        if (buffer.WrittenCount == 0) return;
        await client.InsertAsync(FoldedRow.Insert, buffer.WrittenCount, async (stream, token) => await stream.WriteAsync(buffer.WrittenMemory, token), cancellationToken);
    }

    // With one server, traces of which every span came with this batch stand nowhere yet, or where this batch put them before it was cut off.
    private bool IsAllNew(List<SpanRow> rows, long first) => options.Url is null && rows.TrueForAll(row => row.Written >= first);

    private void Fold(RowBinaryWriter writer, List<SpanRow> rows, IEnumerable<FoldedTrace> stood, SamplingDecision? decided)
    {
        var facts = TraceFold.Of(rows.ConvertAll(row => row.ToSpan()));
        var written = rows.Max(row => row.Written);
        var start = Sqlite.UnixMicros.From(facts.Start);
        foreach (var earlier in stood.Where(earlier => earlier.StartUs != start)) FoldedRow.WriteGone(writer, options.Project, earlier, written);
        // A late span of a trace that was not kept does not bring it back.
        FoldedRow.Write(writer, options.Project, facts, decided?.Probability ?? 1, written, isGone: decided is { Kept: 0 });
    }

    private ClickHouseParameters Parameters(long first, long last) =>
        new ClickHouseParameters().Add("project", options.Project).Add("first", first).Add("last", last);
}
