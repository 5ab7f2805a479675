using System.Text.Json;
using Dapper;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Storage.Sqlite.Runs;

internal sealed class SqliteCallSiteStore(SqliteDatabase database) : ICallSiteStore
{
    public Task AddAsync(IReadOnlyList<AgentCallSite> seen, CancellationToken cancellationToken)
    {
        var rows = seen.Select(site => new
        {
            site.Agent,
            site.Name,
            Body = JsonSerializer.Serialize(site, StorageJson.Canonical.AgentCallSite),
            site.Calls,
            First = UnixMicros.From(site.FirstSeen),
            Last = UnixMicros.From(site.LastSeen),
        }).ToList();
        return database.WriteAsync(
            Durability.Process,
            connection => connection.Execute(
                """
                insert into call_site (agent, name, body, calls, first_us, last_us) values (@Agent, @Name, @Body, @Calls, @First, @Last)
                on conflict (agent, name) do update set
                    body = excluded.body, calls = calls + excluded.calls, first_us = min(first_us, excluded.first_us), last_us = max(last_us, excluded.last_us)
                """,
                rows),
            cancellationToken);
    }

    public Task<IReadOnlyList<AgentCallSite>> ListAsync(string agent, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<AgentCallSite>>(
        connection =>
        [
            .. connection.Query<Row>("select body, calls, first_us, last_us from call_site where agent = @agent order by calls desc, name limit 1000", new { agent })
                .Select(row => row.ToSite()),
        ],
        cancellationToken);

    private sealed record Row(string Body, long Calls, long First_Us, long Last_Us)
    {
        public AgentCallSite ToSite() => JsonSerializer.Deserialize(Body, StorageJson.Canonical.AgentCallSite)! with
        {
            Calls = Calls,
            FirstSeen = UnixMicros.To(First_Us),
            LastSeen = UnixMicros.To(Last_Us),
        };
    }
}
