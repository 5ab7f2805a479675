using System.Text.Json;
using Dapper;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Storage.Sqlite.Runs;

internal sealed class SqliteDeferredBills(SqliteDatabase database) : IDeferredBills
{
    public Task AddAsync(DeferredBill bill, string? ended, CancellationToken cancellationToken)
    {
        var row = new
        {
            bill.Kind,
            bill.Id,
            Body = JsonSerializer.Serialize(bill, StorageJson.Canonical.DeferredBill),
            Created = UnixMicros.From(bill.Created),
            Over = ended is null ? null : (long?)UnixMicros.From(bill.Created),
            Ended = ended,
        };
        return database.WriteAsync(
            Durability.Power,
            connection => connection.Execute(
                "insert into deferred_bill (kind, id, body, created_us, ended_us, ended) values (@Kind, @Id, @Body, @Created, @Over, @Ended) on conflict do nothing", row),
            cancellationToken);
    }

    public Task<DeferredBill?> FindAsync(string kind, string id, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.QuerySingleOrDefault<string>("select body from deferred_bill where kind = @kind and id = @id", new { kind, id }) is { } body ? Read(body) : null,
        cancellationToken);

    public Task<IReadOnlyList<DeferredBill>> ListOpenAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<DeferredBill>>(
        connection => [.. connection.Query<string>("select body from deferred_bill where ended_us is null order by created_us, kind, id").Select(Read)], cancellationToken);

    public Task EndAsync(string kind, string id, string reason, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power,
        connection => connection.Execute(
            "update deferred_bill set ended_us = @at, ended = @reason where kind = @kind and id = @id and ended_us is null",
            new { kind, id, reason, at = UnixMicros.From(database.Time.GetUtcNow()) }),
        cancellationToken);

    private static DeferredBill Read(string body) => JsonSerializer.Deserialize(body, StorageJson.Canonical.DeferredBill)!;
}
