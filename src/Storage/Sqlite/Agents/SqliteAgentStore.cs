using Dapper;
using Espalier.Contracts.Agents;
using Espalier.Core.Agents;

namespace Espalier.Storage.Sqlite.Agents;

internal sealed class SqliteAgentStore(SqliteDatabase database) : IAgentStore
{
    public Task SaveAsync(RegisteredAgent agent, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power,
        connection => connection.Execute(
            """
            insert into agent (name, source, head) values (@Name, @Source, @Head)
            on conflict (name) do update set source = excluded.source, head = excluded.head
            """,
            new { agent.Name, agent.Source, Head = agent.Head.Value }),
        cancellationToken);

    public Task<RegisteredAgent?> FindAsync(string name, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.QuerySingleOrDefault<Row>("select name, source, head from agent where name = @name", new { name })?.ToAgent(),
        cancellationToken);

    public Task<IReadOnlyList<RegisteredAgent>> ListAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<RegisteredAgent>>(
        connection => [.. connection.Query<Row>("select name, source, head from agent order by name").Select(row => row.ToAgent())],
        cancellationToken);

    private sealed record Row(string Name, string Source, string Head)
    {
        public RegisteredAgent ToAgent() => new(Name, Source, new VersionId(Head));
    }
}
