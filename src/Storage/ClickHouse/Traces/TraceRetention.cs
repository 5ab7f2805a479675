using System.Globalization;
using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Gives up whole days of one project by dropping their partitions, which rewrites nothing.</summary>
internal sealed class TraceRetention(ClickHouseClient client, ClickHouseOptions options)
{
    public async Task<ExpiredTraces> ExpireAsync(DateOnly before, CancellationToken cancellationToken)
    {
        var (days, spans) = (new HashSet<string>(StringComparer.Ordinal), 0L);
        foreach (var table in (string[])["spans", "traces"])
        {
            var partitions = await client.QueryAsync(
                "SELECT partition_id AS id, partition AS name, sum(rows) AS rows FROM system.parts "
                + "WHERE active AND database = currentDatabase() AND table = {table:String} GROUP BY partition_id, partition",
                new ClickHouseParameters().Add("table", table), TraceJson.Default.PartitionRow, cancellationToken);
            foreach (var (id, name, rows) in partitions)
            {
                if (DayOf(name) is not { } day || day >= before) continue;
                await client.ExecuteAsync($"ALTER TABLE {table} DROP PARTITION ID '{id}'", cancellationToken);
                days.Add(Word(day));
                if (table == "spans") spans += rows;
            }
        }

        var left = new ClickHouseParameters().Add("project", options.Project).Add("before", Word(before));
        if (days.Count > 0)
        {
            await client.ExecuteAsync(
                "ALTER TABLE trace_bounds DELETE WHERE project = {project:String} AND latest < toDateTime64({before:String}, 6, 'UTC') SETTINGS mutations_sync = 2", left, cancellationToken);
        }

        await client.ExecuteAsync(
            "ALTER TABLE feedback DELETE WHERE project = {project:String} AND target_kind = 'trace' AND at < toDateTime64({before:String}, 6, 'UTC') "
            + "AND target NOT IN (SELECT trace_id FROM traces WHERE project = {project:String}) SETTINGS mutations_sync = 2", left, cancellationToken);
        return new ExpiredTraces(before, days.Count, spans);
    }

    // A partition is named as the tuple ('project','day').
    private DateOnly? DayOf(string partition)
    {
        var start = $"('{options.Project.Replace("'", "\\'", StringComparison.Ordinal)}','";
        return partition.StartsWith(start, StringComparison.Ordinal)
            && DateOnly.TryParseExact(partition.AsSpan(start.Length, Math.Min(10, partition.Length - start.Length)), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : null;
    }

    private static string Word(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>One partition of a table, as the server names it.</summary>
internal sealed record PartitionRow(string Id, string Name, long Rows);
