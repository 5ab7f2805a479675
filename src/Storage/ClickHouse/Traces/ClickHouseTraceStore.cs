using System.Buffers;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Storage.ClickHouse.Journal;
using Espalier.Storage.Sqlite;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Traces in ClickHouse, embedded or not. Writing ends in the journal; reading waits for the journal to be in the tables.</summary>
/// <remarks>Times are kept to the microsecond. Of one span written twice the later writing counts. Thread-safe.</remarks>
internal sealed class ClickHouseTraceStore(
    ClickHouseClient client, TraceJournal journal, TraceLoader loader, ClickHouseOptions options, TimeProvider time) : ITraceStore
{
    private const int MostListed = 1000;
    private const int MostRecordRows = 5000;
    private const int MostRecordBytes = 8 * 1024 * 1024;

    private static readonly TimeSpan FirstWindow = TimeSpan.FromMinutes(1);

    private long _written;

    /// <summary>Below this many rows one look at all of them is as quick as a look at some.</summary>
    public long SmallStoreRows { get; init; } = 200_000;

    /// <summary>Rows that one sum puts together in memory.</summary>
    public long MostRowsAtOnce { get; init; } = 2_000_000;

    public Task WriteAsync(IReadOnlyList<Span> spans, CancellationToken cancellationToken) =>
        AppendAsync(JournalKind.Spans, spans, SpanRow.Write, cancellationToken);

    public Task WriteFeedbackAsync(IReadOnlyList<Feedback> feedback, CancellationToken cancellationToken) =>
        AppendAsync(JournalKind.Feedback, feedback, FeedbackRow.Write, cancellationToken);

    public async Task<Page<TraceSummary>> ListAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        if (query.Limit is < 1 or > MostListed)
            throw new Refusal("limit-invalid", 400, $"A page of {query.Limit} traces was asked for.", $"Ask for 1 to {MostListed}.");
        var cursor = TraceCursor.Parse(query.Cursor);
        await loader.FlushAsync(cancellationToken);
        var extent = await ExtentAsync(query, cancellationToken);
        if (extent.IsEmpty) return new() { Items = [] };
        // One more than asked for tells whether there is a next page.
        var rows = await ReadPageAsync(query, cursor, extent, query.Limit + 1, cancellationToken);
        var page = rows.Take(query.Limit).ToList();
        return new()
        {
            Items = await SummariesAsync(page, cancellationToken),
            NextCursor = rows.Count > query.Limit ? new TraceCursor(page[^1].StartUs, page[^1].TraceId).ToString() : null,
        };
    }

    public async Task<Trace?> FindAsync(TraceId traceId, CancellationToken cancellationToken)
    {
        await loader.FlushAsync(cancellationToken);
        var parameters = new ClickHouseParameters().Add("project", options.Project).Add("trace", traceId.Value);
        var reading = client.QueryAsync(TraceSql.FindSpans, parameters, TraceJson.Default.SpanRow, cancellationToken);
        var rows = await client.QueryAsync(TraceSql.FindTrace, parameters, TraceJson.Default.TraceRow, cancellationToken);
        var spans = await reading;
        if (rows.Count == 0) return null;
        var summaries = await SummariesAsync(rows, cancellationToken);
        return new() { Summary = summaries[0], Spans = [.. spans.Select(s => s.ToSpan())] };
    }

    public async Task<TraceTotals> TotalsAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        await loader.FlushAsync(cancellationToken);
        var extent = await ExtentAsync(query, cancellationToken);
        if (extent.IsEmpty) return new() { Traces = 0, Attempts = 0, Errors = 0, Cost = Usd.Zero, UnpricedAttempts = 0 };
        // A trace belongs to the window in which it begins, so sums over windows add up, and memory stays within what one window takes.
        var slices = Math.Max(1, extent.Rows / MostRowsAtOnce);
        var width = Math.Max(1, (extent.High - extent.Low + slices - 1) / slices);
        var totals = new TraceTotals { Traces = 0, Attempts = 0, Errors = 0, Cost = Usd.Zero, UnpricedAttempts = 0 };
        for (var low = extent.Low; low < extent.High; low += width)
        {
            var parameters = TraceSql.Parameters(options.Project, query, low, Math.Min(extent.High, low + width));
            var sql = TraceSql.Totals(query, extent.IsWhole && slices == 1);
            var part = (await client.QueryAsync(sql, parameters, TraceJson.Default.TotalsRow, cancellationToken))[0];
            totals = new()
            {
                Traces = totals.Traces + part.Traces,
                Attempts = totals.Attempts + part.Attempts,
                Errors = totals.Errors + part.Errors,
                Cost = totals.Cost + new Usd(part.CostNano),
                UnpricedAttempts = totals.UnpricedAttempts + part.UnpricedAttempts,
            };
        }

        return totals;
    }

    // From the newest back, in windows that grow eightfold until the page is full: a page of a busy store then reads minutes, not months.
    private async Task<List<TraceRow>> ReadPageAsync(
        TraceQuery query, TraceCursor cursor, Extent extent, int limit, CancellationToken cancellationToken)
    {
        var rows = new List<TraceRow>();
        var high = Math.Min(extent.High, cursor.StartUs == long.MaxValue ? long.MaxValue : cursor.StartUs + 1);
        var width = extent.Rows <= SmallStoreRows ? extent.High - extent.Low : (long)FirstWindow.TotalMicroseconds;
        while (high > extent.Low && rows.Count < limit)
        {
            var low = Math.Max(extent.Low, high - width);
            var parameters = TraceSql.Parameters(options.Project, query, low, high)
                .Add("cursor_us", cursor.StartUs).Add("cursor_id", cursor.TraceId).Add("limit", limit - rows.Count);
            var whole = extent.IsWhole && low == extent.Low && high == extent.High;
            rows.AddRange(await client.QueryAsync(TraceSql.List(query, whole), parameters, TraceJson.Default.TraceRow, cancellationToken));
            (high, width) = (low, width * 8);
        }

        return rows;
    }

    private async Task<IReadOnlyList<TraceSummary>> SummariesAsync(List<TraceRow> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0) return [];
        var ids = rows.Select(r => r.TraceId).ToList();
        var ofTraces = new ClickHouseParameters().Add("project", options.Project).Add("traces", ids);
        var reading = client.QueryAsync(TraceSql.Feedback, ofTraces, TraceJson.Default.FeedbackRow, cancellationToken);
        var ofRoots = new ClickHouseParameters().Add("project", options.Project).Add("traces", ids).Add("roots", rows.Select(r => r.RootId))
            .Add("low", rows.Min(r => r.RootStartUs)).Add("high", rows.Max(r => r.RootStartUs));
        var texts = (await client.QueryAsync(TraceSql.RootTexts, ofRoots, TraceJson.Default.RootText, cancellationToken)).ToDictionary(t => t.TraceId);
        var feedback = (await reading).ToLookup(f => f.TraceId, f => f.ToFeedback());
        return [.. rows.Select(r => r.ToSummary(texts.GetValueOrDefault(r.TraceId), [.. feedback[r.TraceId]]))];
    }

    private async Task<Extent> ExtentAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        var stored = (await client.QueryAsync(TraceSql.Extent, ClickHouseParameters.None, TraceJson.Default.StoreExtent, cancellationToken))[0];
        if (stored.Rows == 0) return default;
        var since = query.Since is { } from ? UnixMicros.From(from) : long.MinValue;
        var until = query.Until is { } to ? UnixMicros.From(to) : long.MaxValue;
        var (low, high) = (Math.Max(since, stored.EarliestUs), Math.Min(until, stored.LatestUs + 1));
        return new(low, high, stored.Rows, low == stored.EarliestUs && high == stored.LatestUs + 1);
    }

    private async Task AppendAsync<T>(
        JournalKind kind, IReadOnlyList<T> items, Action<RowBinaryWriter, string, T, long> write, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var rows = 0;
        for (var i = 0; i < items.Count; i++)
        {
            write(new(buffer), options.Project, items[i], NextWritten());
            rows++;
            if (rows < MostRecordRows && buffer.WrittenCount < MostRecordBytes && i < items.Count - 1) continue;
            await journal.AppendAsync(kind, rows, buffer.WrittenMemory, cancellationToken);
            (rows, buffer) = (0, new());
        }
    }

    // The clock, or one more than before where it stands still or steps back.
    private long NextWritten()
    {
        while (true)
        {
            var last = Interlocked.Read(ref _written);
            var next = Math.Max(UnixMicros.From(time.GetUtcNow()), last + 1);
            if (Interlocked.CompareExchange(ref _written, next, last) == last) return next;
        }
    }

    // Half open, in microseconds. Whole: every span of the store lies in it.
    private readonly record struct Extent(long Low, long High, long Rows, bool IsWhole)
    {
        public bool IsEmpty => High <= Low;
    }
}
