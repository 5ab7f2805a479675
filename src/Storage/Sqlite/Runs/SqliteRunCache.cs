using System.Text.Json;
using Dapper;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Storage.Sqlite.Runs;

/// <summary>Runs as they were when they were paid for; what is found is marked <see cref="Run.Cached"/>.</summary>
internal sealed class SqliteRunCache(SqliteDatabase database) : IRunCache
{
    public Task<Run?> FindAsync(RunKey key, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.QuerySingleOrDefault<string>("select body from run_result where key = @key", new { key = key.Value }) is { } body
            ? JsonSerializer.Deserialize(body, StorageJson.Canonical.Run)! with { Cached = true }
            : null,
        cancellationToken);

    public Task SaveAsync(Run run, CancellationToken cancellationToken)
    {
        if (run.Key is not { } key) throw new ArgumentException("A run without a key (production traffic) is never cached.", nameof(run));
        var body = JsonSerializer.Serialize(run with { Cached = false }, StorageJson.Canonical.Run);
        return database.WriteAsync(
            Durability.Process,
            connection => connection.Execute(
                "insert into run_result (key, saved_us, body) values (@Key, @At, @body) on conflict (key) do nothing",
                new { Key = key.Value, At = UnixMicros.From(database.Time.GetUtcNow()), body }),
            cancellationToken);
    }
}
