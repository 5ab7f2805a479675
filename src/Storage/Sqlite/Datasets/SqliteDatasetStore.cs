using System.Text.Json;
using Dapper;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Traces;
using Espalier.Core.Datasets;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Sqlite.Datasets;

internal sealed class SqliteDatasetStore(SqliteDatabase database) : IDatasetStore
{
    private const string Columns = "select id, dataset, agent, created_us, search, confirm, vault, left_out from dataset_revision";

    public Task SaveAsync(DatasetRevision revision, IReadOnlyList<Case> cases, CancellationToken cancellationToken) =>
        // Releases and results point at revisions for ever, so a revision survives what they survive.
        database.WriteAsync(Durability.Power, connection => Save(connection, revision, cases), cancellationToken);

    public Task<DatasetRevision?> FindAsync(RevisionId id, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.QuerySingleOrDefault<RevisionRow>($"{Columns} where id = @id", new { id = id.Value })?.ToRevision(),
        cancellationToken);

    public Task<DatasetRevision?> FindLatestAsync(string dataset, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.QuerySingleOrDefault<RevisionRow>(
            $"{Columns} where dataset = @dataset order by created_us desc, number desc limit 1", new { dataset })?.ToRevision(),
        cancellationToken);

    public Task<IReadOnlyList<DatasetRevision>> ListAsync(string? agent, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<DatasetRevision>>(
            connection => [.. connection.Query<RevisionRow>(
                $"{Columns} where @agent is null or agent = @agent order by created_us desc, number desc", new { agent })
                .Select(row => row.ToRevision())],
            cancellationToken);

    public Task<IReadOnlyList<Case>> ReadCasesAsync(RevisionId id, Split? split, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<Case>>(
            connection => [.. connection.Query<string>(
                "select body from dataset_case where revision = @id and (@split is null or split = @split) order by position",
                new { id = id.Value, split = split is { } one ? Word(one) : null })
                .Select(body => JsonSerializer.Deserialize(body, StorageJson.Canonical.Case)!)],
            cancellationToken);

    public Task<IReadOnlyList<RevisionId>> FindByTraceAsync(TraceId trace, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<RevisionId>>(
            connection => [.. connection.Query<string>(
                """
                select id from dataset_revision
                where id in (select revision from dataset_case where trace = @trace) order by created_us, number
                """,
                new { trace = trace.Value }).Select(id => new RevisionId(id))],
            cancellationToken);

    private static int Save(SqliteConnection connection, DatasetRevision revision, IReadOnlyList<Case> cases)
    {
        var leftOut = new Dictionary<string, int>(revision.LeftOut.OrderBy(pair => pair.Key, StringComparer.Ordinal));
        var added = connection.Execute(
            """
            insert into dataset_revision (id, dataset, agent, created_us, search, confirm, vault, left_out)
            values (@Id, @Dataset, @Agent, @CreatedUs, @Search, @Confirm, @Vault, @LeftOut)
            on conflict (id) do nothing
            """,
            new
            {
                Id = revision.Id.Value,
                revision.Dataset,
                revision.Agent,
                CreatedUs = UnixMicros.From(revision.CreatedAt),
                revision.Search,
                revision.Confirm,
                revision.Vault,
                LeftOut = JsonSerializer.Serialize(leftOut, StorageJson.Canonical.DictionaryStringInt32),
            });
        if (added == 0) return 0;
        using var command = connection.CreateCommand();
        command.CommandText = "insert into dataset_case (revision, position, split, trace, body) values ($revision, $position, $split, $trace, $body)";
        command.Parameters.AddWithValue("$revision", revision.Id.Value);
        var position = command.Parameters.Add("$position", SqliteType.Integer);
        var split = command.Parameters.Add("$split", SqliteType.Text);
        var trace = command.Parameters.Add("$trace", SqliteType.Text);
        var body = command.Parameters.Add("$body", SqliteType.Text);
        for (var i = 0; i < cases.Count; i++)
        {
            position.Value = i;
            split.Value = Word(cases[i].Split);
            trace.Value = cases[i].Trace is { } id ? id.Value : DBNull.Value;
            body.Value = JsonSerializer.Serialize(cases[i], StorageJson.Canonical.Case);
            command.ExecuteNonQuery();
        }

        return 1;
    }

    private static string Word(Split split) => JsonNamingPolicy.SnakeCaseLower.ConvertName(split.ToString());

    private sealed record RevisionRow(
        string Id, string Dataset, string Agent, long Created_Us, long Search, long Confirm, long Vault, string Left_Out)
    {
        public DatasetRevision ToRevision() => new()
        {
            Id = new RevisionId(Id),
            Dataset = Dataset,
            Agent = Agent,
            CreatedAt = UnixMicros.To(Created_Us),
            Search = (int)Search,
            Confirm = (int)Confirm,
            Vault = (int)Vault,
            LeftOut = JsonSerializer.Deserialize(Left_Out, StorageJson.Canonical.DictionaryStringInt32)!,
        };
    }
}
