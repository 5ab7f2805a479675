using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Deletes traces for good: the bytes are gone from the tables when it returns, not only hidden.</summary>
/// <remarks>Parts that hold such rows are rewritten, which takes time with their size. Each step may run again.</remarks>
internal sealed class TraceDeleter(ClickHouseClient client, ClickHouseOptions options)
{
    private const string Chosen = "project = {project:String} AND trace_id IN {traces:Array(String)}";
    private const int MostAtOnce = 500;

    public async Task<(long Traces, long Spans, long Feedback)> DeleteAsync(DeleteTracesRequest asked, CancellationToken cancellationToken)
    {
        var (condition, value) = asked switch
        {
            { User: { } user } => ("user = {value:String}", user),
            { Conversation: { } conversation } => ("conversation = {value:String}", conversation),
            { TraceId: { } trace } => ("trace_id = {value:String}", trace.Value),
            _ => throw new ArgumentException("Nothing was asked for.", nameof(asked)),
        };
        var parameters = new ClickHouseParameters().Add("project", options.Project).Add("value", value);
        // A span may tell its user where the trace as a whole tells another.
        var ids = (await client.QueryAsync(
            $"SELECT DISTINCT trace_id AS id FROM (SELECT trace_id FROM all_spans WHERE project = {{project:String}} AND {condition} "
            + $"UNION ALL SELECT trace_id FROM traces WHERE project = {{project:String}} AND {condition})",
            parameters, TraceJson.Default.FoundId, cancellationToken)).ConvertAll(row => row.Id);
        long spans = 0, feedback = 0;
        foreach (var chunk in ids.Chunk(MostAtOnce))
        {
            var those = new ClickHouseParameters().Add("project", options.Project).Add("traces", chunk);
            spans += await CountAsync("all_spans", "uniqExact(trace_id, span_id)", Chosen, those, cancellationToken);
            feedback += await DeleteFeedbackAsync(FeedbackRow.OfTrace, chunk, cancellationToken);
            // Answers of theirs are told apart before the rows that know them go.
            var responses = await client.QueryAsync(
                $"SELECT DISTINCT arrayJoin(response_ids) AS id FROM traces WHERE {Chosen}", those, TraceJson.Default.FoundId, cancellationToken);
            feedback += await DeleteFeedbackAsync(FeedbackRow.OfResponse, responses.ConvertAll(row => row.Id), cancellationToken);
            foreach (var table in (string[])["spans", "pending_spans", "traces", "trace_bounds", "sampling_decisions"])
                await MutateAsync($"ALTER TABLE {table} DELETE WHERE {Chosen}", those, cancellationToken);
        }

        if (asked.Conversation is { } own) feedback += await DeleteFeedbackAsync(FeedbackRow.OfConversation, [own], cancellationToken);
        return (ids.Count, spans, feedback);
    }

    private async Task<long> DeleteFeedbackAsync(string kind, IReadOnlyList<string> targets, CancellationToken cancellationToken)
    {
        if (targets.Count == 0) return 0;
        const string These = "project = {project:String} AND target_kind = {kind:String} AND target IN {targets:Array(String)}";
        var parameters = new ClickHouseParameters().Add("project", options.Project).Add("kind", kind).Add("targets", targets);
        var count = await CountAsync("feedback", "uniqExact(target, span_id, name, source)", These, parameters, cancellationToken);
        if (count > 0) await MutateAsync($"ALTER TABLE feedback DELETE WHERE {These}", parameters, cancellationToken);
        return count;
    }

    private async Task<long> CountAsync(string table, string count, string where, ClickHouseParameters parameters, CancellationToken cancellationToken) =>
        (await client.QueryAsync(
            $"SELECT {count} AS rows FROM {table} WHERE {where}", parameters, TraceJson.Default.RowCount, cancellationToken))[0].Rows;

    // Waits until the parts are rewritten, on all replicas where there are some.
    private Task MutateAsync(string sql, ClickHouseParameters parameters, CancellationToken cancellationToken) =>
        client.ExecuteAsync(sql + " SETTINGS mutations_sync = 2", parameters, cancellationToken);
}

/// <summary>One id of a list.</summary>
internal sealed record FoundId(string Id);

/// <summary>How many rows something has.</summary>
internal sealed record RowCount(long Rows);
