using System.Text.Json;
using Dapper;
using Espalier.Contracts.Releases;
using Espalier.Core.Releases;

namespace Espalier.Storage.Sqlite.Releases;

internal sealed class SqliteReleaseStore(SqliteDatabase database) : IReleaseStore
{
    public Task AppendAsync(ReleaseEvent releaseEvent, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.Serialize(releaseEvent, StorageJson.Canonical.ReleaseEvent);
        return database.WriteAsync(
            Durability.Power,
            connection => connection.Execute(
                "insert into release_event (agent, release, body) values (@Agent, @Release, @body)",
                new { releaseEvent.Agent, Release = releaseEvent.Release.Value, body }),
            cancellationToken);
    }

    public Task<IReadOnlyList<ReleaseEvent>> ReadAsync(string agent, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ReleaseEvent>>(
            connection => [.. connection.Query<string>("select body from release_event where agent = @agent order by number", new { agent })
                .Select(body => JsonSerializer.Deserialize(body, StorageJson.Canonical.ReleaseEvent)!)],
            cancellationToken);
}
