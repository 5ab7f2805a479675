using Dapper;
using Espalier.Core.Runs;

namespace Espalier.Storage.Sqlite.Runs;

/// <remarks>The order of recordings is the order in which they were written; there is one writer.</remarks>
internal sealed class SqliteToolStore(SqliteDatabase database) : IToolStore
{
    private const string Columns = "agent, recorded, tool, operation, fingerprint, arguments, answer, at_us as AtUs";

    public Task AddAsync(ToolRecording recording, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Process,
        connection => connection.Execute(
            """
            insert into tool_recording (agent, recorded, tool, operation, fingerprint, arguments, answer, at_us)
            values (@Agent, @Recorded, @Tool, @Operation, @Fingerprint, @Arguments, @Answer, @AtUs)
            """,
            Row.Of(recording)),
        cancellationToken);

    public Task<IReadOnlyList<ToolRecording>> ReadAsync(string agent, string recorded, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<ToolRecording>>(
        connection => [.. connection.Query<Row>($"select {Columns} from tool_recording where recorded = @recorded and agent = @agent order by id", new { recorded, agent }).Select(row => row.Read())],
        cancellationToken);

    public Task<IReadOnlyList<ToolRecording>> ReadOperationAsync(string agent, string tool, string operation, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ToolRecording>>(
            connection =>
            [
                .. connection.Query<Row>(
                    $"select {Columns} from tool_recording where agent = @agent and tool = @tool and operation = @operation order by id desc limit @limit",
                    new { agent, tool, operation, limit }).Select(row => row.Read()),
            ],
            cancellationToken);

    public Task<int> DeleteAsync(IReadOnlyList<string> recorded, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power, connection => recorded.Sum(one => connection.Execute("delete from tool_recording where recorded = @one", new { one })), cancellationToken);

    public Task<int> ExpireAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Process,
        connection => connection.Execute(
            "delete from tool_recording where at_us < @before and not exists (select 1 from dataset_case where dataset_case.trace = tool_recording.recorded)",
            new { before = UnixMicros.From(before) }),
        cancellationToken);

    public Task SaveCatalogAsync(string agent, string tool, string catalog, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Process,
        connection => connection.Execute(
            """
            insert into tool_catalog (agent, tool, body, saved_us) values (@agent, @tool, @catalog, @at)
            on conflict (agent, tool) do update set body = excluded.body, saved_us = excluded.saved_us
            """,
            new { agent, tool, catalog, at = UnixMicros.From(database.Time.GetUtcNow()) }),
        cancellationToken);

    public Task<string?> FindCatalogAsync(string agent, string tool, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.QuerySingleOrDefault<string?>("select body from tool_catalog where agent = @agent and tool = @tool", new { agent, tool }), cancellationToken);

    public Task TrustAsync(string agent, string tool, string digest, string principal, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power,
        connection => connection.Execute(
            "insert into tool_trust (agent, tool, digest, principal, at_us) values (@agent, @tool, @digest, @principal, @at) on conflict (agent, tool, digest) do nothing",
            new { agent, tool, digest, principal, at = UnixMicros.From(database.Time.GetUtcNow()) }),
        cancellationToken);

    public Task DistrustAsync(string agent, string tool, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power, connection => connection.Execute("delete from tool_trust where agent = @agent and tool = @tool", new { agent, tool }), cancellationToken);

    public Task<IReadOnlyList<string>> FindTrustedAsync(string agent, string tool, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<string>>(
        connection => [.. connection.Query<string>("select digest from tool_trust where agent = @agent and tool = @tool order by digest", new { agent, tool })], cancellationToken);

    private sealed class Row
    {
        public required string Agent { get; init; }

        public required string Recorded { get; init; }

        public required string Tool { get; init; }

        public required string Operation { get; init; }

        public required string Fingerprint { get; init; }

        public required string Arguments { get; init; }

        public required string Answer { get; init; }

        public required long AtUs { get; init; }

        public static Row Of(ToolRecording recording) => new()
        {
            Agent = recording.Agent,
            Recorded = recording.Recorded,
            Tool = recording.Tool,
            Operation = recording.Operation,
            Fingerprint = recording.Fingerprint,
            Arguments = recording.Arguments,
            Answer = recording.Answer,
            AtUs = UnixMicros.From(recording.At),
        };

        public ToolRecording Read() => new()
        {
            Agent = Agent,
            Recorded = Recorded,
            Tool = Tool,
            Operation = Operation,
            Fingerprint = Fingerprint,
            Arguments = Arguments,
            Answer = Answer,
            At = UnixMicros.To(AtUs),
        };
    }
}
