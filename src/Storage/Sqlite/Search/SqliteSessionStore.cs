using System.Text.Json;
using Dapper;
using Espalier.Contracts.Search;
using Espalier.Core.Search;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Sqlite.Search;

internal sealed class SqliteSessionStore(SqliteDatabase database) : ISessionStore
{
    public Task CreateAsync(SessionHeader header, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power,
        connection => connection.Execute(
            "insert into session (id, agent, name, created_us) values (@Id, @Agent, @Name, @At) on conflict (id) do nothing",
            new { Id = header.Id.Value, header.Agent, header.Name, At = UnixMicros.From(header.CreatedAt) }) == 1
            ? true
            : throw new InvalidOperationException($"Session {header.Id} is there already."),
        cancellationToken);

    public Task<SessionHeader?> FindAsync(SessionId id, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.QuerySingleOrDefault<HeaderRow>(
            "select id, agent, name, created_us from session where id = @id", new { id = id.Value })?.ToHeader(),
        cancellationToken);

    public Task<IReadOnlyList<SessionHeader>> ListAsync(string? agent, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<SessionHeader>>(
            connection => [.. connection.Query<HeaderRow>(
                "select id, agent, name, created_us from session where @agent is null or agent = @agent order by created_us desc, number desc",
                new { agent }).Select(row => row.ToHeader())],
            cancellationToken);

    public Task<bool> AppendAsync(
        SessionId id, int expectedSequence, SessionEvent sessionEvent, DateTimeOffset at, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(expectedSequence);
        var body = JsonSerializer.Serialize(sessionEvent, StorageJson.Canonical.SessionEvent);
        return database.WriteAsync(
            Durability.Power,
            connection => Append(connection, id.Value, expectedSequence, body, UnixMicros.From(at)),
            cancellationToken);
    }

    public Task<IReadOnlyList<StoredSessionEvent>> ReadAsync(SessionId id, int afterSequence, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredSessionEvent>>(
            connection => [.. connection.Query<(long Sequence, long At, string Body)>(
                "select sequence, at_us, body from session_event where session = @id and sequence > @afterSequence order by sequence",
                new { id = id.Value, afterSequence })
                .Select(row => new StoredSessionEvent(
                    (int)row.Sequence, UnixMicros.To(row.At), JsonSerializer.Deserialize(row.Body, StorageJson.Canonical.SessionEvent)!))],
            cancellationToken);

    private static bool Append(SqliteConnection connection, string id, int sequence, string body, long at)
    {
        var last = connection.QuerySingleOrDefault<long?>(
            "select coalesce((select max(sequence) from session_event where session = @id), 0) from session where id = @id", new { id })
            ?? throw new InvalidOperationException($"Session {id} is not known.");
        if (sequence <= last) return false;
        if (sequence > last + 1)
            throw new InvalidOperationException($"Session {id} has {last} events; event {sequence} would leave a gap.");
        connection.Execute(
            "insert into session_event (session, sequence, at_us, body) values (@id, @sequence, @at, @body)", new { id, sequence, at, body });
        return true;
    }

    private sealed record HeaderRow(string Id, string Agent, string? Name, long Created_Us)
    {
        public SessionHeader ToHeader() => new(new SessionId(Id), Agent, Name, UnixMicros.To(Created_Us));
    }
}
