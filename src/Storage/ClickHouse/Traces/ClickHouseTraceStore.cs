using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Storage.ClickHouse.Journal;
using Espalier.Storage.ClickHouse.Traces.Folding;
using Espalier.Storage.Sqlite;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Traces in ClickHouse, embedded or not. Writing ends in the journal; reading waits for the journal to be in the tables.</summary>
/// <remarks>Times are kept to the microsecond. Of one span written twice the later writing counts. Thread-safe.</remarks>
internal sealed class ClickHouseTraceStore(
    ClickHouseClient client, TraceJournal journal, TraceLoader loader, OpenTraces open, FeedbackMetrics metrics, ClickHouseOptions options, TimeProvider time)
    : ITraceStore
{
    private const int MostListed = 1000;
    private const int BytesBesideTexts = 1024;

    private static readonly TimeSpan FirstWindow = TimeSpan.FromMinutes(1);

    private readonly WriteClock _clock = new(time);

    /// <summary>Below this many traces one look at all of them is as quick as a look at some.</summary>
    public long SmallStoreRows { get; init; } = 20_000;

    public ITraceBatch NewBatch() => new JournalledBatch(journal, _clock, options.Project);

    public async Task WriteAsync(IReadOnlyList<Span> spans, CancellationToken cancellationToken)
    {
        using var batch = new JournalledBatch(journal, _clock, options.Project, spans.Sum(BytesOf));
        foreach (var span in spans) batch.Add(span);
        await batch.CommitAsync(cancellationToken);
    }

    // Texts are most of a span; what they are beyond ASCII is left to growing.
    private static long BytesOf(Span span) => BytesBesideTexts + (span.Input?.Length ?? 0) + (span.Output?.Length ?? 0);

    public async Task WriteFeedbackAsync(IReadOnlyList<Feedback> feedback, CancellationToken cancellationToken)
    {
        using var batch = NewBatch();
        foreach (var one in feedback) batch.Add(one);
        await batch.CommitAsync(cancellationToken);
    }

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
        var rows = await client.QueryAsync(TraceSql.FindSpans, parameters, TraceJson.Default.SpanRow, cancellationToken);
        if (rows.Count == 0) return null;
        var spans = rows.ConvertAll(row => row.ToSpan());
        var facts = TraceFold.Of(spans);
        var responses = facts.ModelCalls.Select(call => call.ResponseId).OfType<string>();
        var feedback = await FeedbackAsync([traceId.Value], responses, facts.Conversation is { } own ? [own] : [], cancellationToken);
        return new() { Summary = TraceSummaries.Of(facts, [.. feedback.Select(one => one.ToFeedback(metrics))]), Facts = facts, Spans = TraceFold.Spans(spans) };
    }

    public async Task<Conversation?> FindConversationAsync(string conversation, CancellationToken cancellationToken)
    {
        var query = new TraceQuery { Conversation = conversation, Limit = MostListed };
        var page = await ListAsync(query, cancellationToken);
        if (page.Items.Count == 0) return null;
        var feedback = await FeedbackAsync([], [], [conversation], cancellationToken);
        return new()
        {
            Id = conversation,
            User = page.Items.Select(trace => trace.User).FirstOrDefault(user => user is not null),
            Traces = [.. page.Items.Reverse()],
            Totals = await TotalsAsync(query, cancellationToken),
            Feedback = [.. feedback.Select(one => one.ToFeedback(metrics))],
        };
    }

    public async Task<TraceTotals> TotalsAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        await loader.FlushAsync(cancellationToken);
        var (low, high) = RangeOf(query);
        var parameters = TraceSql.Parameters(options.Project, query, low, high);
        var row = (await client.QueryAsync(TraceSql.Totals(query), parameters, TraceJson.Default.TotalsRow, cancellationToken))[0];
        return new()
        {
            Traces = (long)Math.Round(row.Traces),
            Observed = row.Observed,
            Attempts = (long)Math.Round(row.Attempts),
            ModelCalls = (long)Math.Round(row.ModelCalls),
            Errors = (long)Math.Round(row.Errors),
            Cost = new Usd(row.CostNano),
            UnpricedCalls = (long)Math.Round(row.UnpricedCalls),
            Weighted = row.Weighted,
        };
    }

    public async Task<TraceBreakdown> BreakDownAsync(
        TraceQuery query, IReadOnlyList<TraceDimension> by, FeedbackMetric metric, int most, CancellationToken cancellationToken)
    {
        if (by.Count is < 1 or > 3 || by.Distinct().Count() != by.Count)
            throw new Refusal("dimensions-not-valid", 422, $"Traffic was to be told apart by {by.Count} things.", "Name one to three, each once: by=hour,model.");
        await loader.FlushAsync(cancellationToken);
        var (low, high) = RangeOf(query);
        var parameters = TraceSql.Parameters(options.Project, query, low, high)
            .Add("metric", metric.Name).Add("pass_at", metric.PassAt).Add("lower_is_better", metric.LowerIsBetter ? 1 : 0).Add("limit", most + 1);
        var rows = await client.QueryAsync(TraceSql.BreakDown(query, by), parameters, TraceJson.Default.GroupRow, cancellationToken);
        return new()
        {
            By = by,
            Metric = metric.Name,
            Weighted = rows.Exists(row => row.Weighted),
            Groups = [.. rows.Take(most).Select(row => row.ToGroup())],
            Truncated = rows.Count > most,
        };
    }

    public async Task<(long Traces, long Spans, long Feedback)> DeleteAsync(DeleteTracesRequest asked, CancellationToken cancellationToken)
    {
        await loader.FlushAsync(cancellationToken);
        open.Clear();
        var deleted = await new TraceDeleter(client, options).DeleteAsync(asked, cancellationToken);
        // What was folded meanwhile may still know of them.
        open.Clear();
        return deleted;
    }

    public async Task<ExpiredTraces> ExpireAsync(DateOnly before, CancellationToken cancellationToken)
    {
        await loader.FlushAsync(cancellationToken);
        open.Clear();
        var expired = await new TraceRetention(client, options).ExpireAsync(before, cancellationToken);
        open.Clear();
        return expired;
    }

    public async Task<IReadOnlyList<UnknownMetric>> UnknownMetricsAsync(CancellationToken cancellationToken)
    {
        await loader.FlushAsync(cancellationToken);
        var parameters = new ClickHouseParameters().Add("project", options.Project).Add("known", metrics.Names);
        var rows = await client.QueryAsync(TraceSql.UnknownMetrics, parameters, TraceJson.Default.MetricRow, cancellationToken);
        return [.. rows.Select(row => new UnknownMetric(row.Name, row.Count, UnixMicros.To(row.LatestUs)))];
    }

    // From the newest back, in windows that grow eightfold until the page is full: a page of a busy store then reads minutes, not months.
    private async Task<List<TraceRow>> ReadPageAsync(
        TraceQuery query, TraceCursor cursor, Extent extent, int limit, CancellationToken cancellationToken)
    {
        var rows = new List<TraceRow>();
        var high = cursor.StartUs == long.MaxValue ? extent.High : Math.Min(extent.High, cursor.StartUs + 1);
        var width = extent.Rows <= SmallStoreRows ? extent.High - extent.Low : (long)FirstWindow.TotalMicroseconds;
        while (high > extent.Low && rows.Count < limit)
        {
            var low = Math.Max(extent.Low, high - width);
            var parameters = TraceSql.Parameters(options.Project, query, low, high)
                .Add("cursor_us", Math.Min(cursor.StartUs, extent.High)).Add("cursor_id", cursor.TraceId).Add("limit", limit - rows.Count);
            rows.AddRange(await client.QueryAsync(TraceSql.List(query), parameters, TraceJson.Default.TraceRow, cancellationToken));
            (high, width) = (low, width * 8);
        }

        return rows;
    }

    private async Task<IReadOnlyList<TraceSummary>> SummariesAsync(List<TraceRow> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0) return [];
        var feedback = await FeedbackAsync(
            rows.Select(row => row.TraceId), rows.SelectMany(row => row.ResponseIds), rows.Select(row => row.Conversation).OfType<string>().Distinct(), cancellationToken);
        var byTarget = feedback.ToLookup(one => (one.TargetKind, one.Target), one => one.ToFeedback(metrics));
        return [.. rows.Select(row => row.ToSummary([.. Of(row)]))];

        IEnumerable<Feedback> Of(TraceRow row) =>
            byTarget[(FeedbackRow.OfTrace, row.TraceId)]
                .Concat(row.ResponseIds.SelectMany(id => byTarget[(FeedbackRow.OfResponse, id)]))
                .Concat(row.Conversation is { } conversation ? byTarget[(FeedbackRow.OfConversation, conversation)] : [])
                .OrderBy(one => one.At);
    }

    private Task<List<FeedbackRow>> FeedbackAsync(
        IEnumerable<string> traces, IEnumerable<string> responses, IEnumerable<string> conversations, CancellationToken cancellationToken)
    {
        var parameters = new ClickHouseParameters().Add("project", options.Project)
            .Add("traces", traces).Add("responses", responses).Add("conversations", conversations);
        return client.QueryAsync(TraceSql.Feedback, parameters, TraceJson.Default.FeedbackRow, cancellationToken);
    }

    private async Task<Extent> ExtentAsync(TraceQuery query, CancellationToken cancellationToken)
    {
        var stored = (await client.QueryAsync(TraceSql.Extent, ClickHouseParameters.None, TraceJson.Default.StoreExtent, cancellationToken))[0];
        if (stored.Rows == 0) return default;
        var (low, high) = RangeOf(query);
        return new(Math.Max(low, stored.EarliestUs), Math.Min(high, stored.LatestUs + 1), stored.Rows);
    }

    // What the type of the column holds, in microseconds: 1900 to 2299.
    private static (long Low, long High) RangeOf(TraceQuery query) => (
        query.Since is { } since ? UnixMicros.From(since) : -2_208_988_800_000_000,
        query.Until is { } until ? UnixMicros.From(until) : 10_413_791_999_000_000);

    // Half open, in microseconds.
    private readonly record struct Extent(long Low, long High, long Rows)
    {
        public bool IsEmpty => High <= Low;
    }
}
