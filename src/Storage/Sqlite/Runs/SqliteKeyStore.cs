using System.Text.Json;
using Dapper;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Storage.Sqlite.Runs;

internal sealed class SqliteKeyStore(SqliteDatabase database) : IKeyStore
{
    private const string Rows = "select body, revoked_us, last_used_us from api_key";

    public Task AddAsync(ApiKey key, ReadOnlyMemory<byte> secretHash, CancellationToken cancellationToken)
    {
        var row = new
        {
            key.Id,
            Hash = secretHash.ToArray(),
            Body = JsonSerializer.Serialize(key with { Revoked = null, LastUsed = null }, StorageJson.Canonical.ApiKey),
            Created = UnixMicros.From(key.Created),
        };
        return database.WriteAsync(
            Durability.Power,
            connection => connection.Execute("insert into api_key (id, secret_hash, body, created_us) values (@Id, @Hash, @Body, @Created)", row),
            cancellationToken);
    }

    public Task<ApiKey?> FindAsync(ReadOnlyMemory<byte> secretHash, CancellationToken cancellationToken)
    {
        var hash = secretHash.ToArray();
        return database.ReadAsync(
            connection => connection.QuerySingleOrDefault<Row>($"{Rows} where secret_hash = @hash", new { hash })?.ToKey(), cancellationToken);
    }

    public Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<ApiKey>>(
        connection => [.. connection.Query<Row>($"{Rows} order by created_us desc, id desc").Select(row => row.ToKey())], cancellationToken);

    public Task<ApiKey?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power,
        connection =>
        {
            connection.Execute("update api_key set revoked_us = @at where id = @id and revoked_us is null", new { id, at = UnixMicros.From(at) });
            return connection.QuerySingleOrDefault<Row>($"{Rows} where id = @id", new { id })?.ToKey();
        },
        cancellationToken);

    public Task TouchAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Process,
        connection => connection.Execute("update api_key set last_used_us = @at where id = @id", new { id, at = UnixMicros.From(at) }),
        cancellationToken);

    private sealed record Row(string Body, long? Revoked_Us, long? Last_Used_Us)
    {
        public ApiKey ToKey() => JsonSerializer.Deserialize(Body, StorageJson.Canonical.ApiKey)! with
        {
            Revoked = Revoked_Us is { } revoked ? UnixMicros.To(revoked) : null,
            LastUsed = Last_Used_Us is { } used ? UnixMicros.To(used) : null,
        };
    }
}
