using Dapper;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;

namespace Espalier.Storage.Sqlite.Runs;

/// <summary>The ledger as rows: a line's totals move in the same transaction as the entry that moves them.</summary>
/// <remarks>Spending on a line that was never opened counts on those parents that were; with none of them open it is refused loudly.</remarks>
internal sealed class SqliteLedger(SqliteDatabase database) : ILedger, ILedgerAudit
{
    private const string Lines = "select id, limit_nano, spent_nano, reserved_nano from budget";

    public Task OpenAsync(BudgetId budget, Usd? limit, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power,
        connection => connection.Execute(
            """
            insert into budget (id, limit_nano, spent_nano, reserved_nano)
            select @id, @limit, coalesce(sum(spent_nano), 0), coalesce(sum(case when state = 'reserved' then reserved_nano else 0 end), 0)
            from ledger_entry where budget = @id or (budget > @id || '/' and budget < @id || '0')
            on conflict (id) do update set limit_nano = excluded.limit_nano
            """,
            new { id = budget.Value, limit = limit?.Nano }),
        cancellationToken);

    public Task<BudgetState?> TryReserveAsync(BudgetId budget, string key, Usd amount, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount.Nano, nameof(amount));
        return database.WriteAsync(Durability.Power, connection => TryReserve(connection, budget, key, amount.Nano), cancellationToken);
    }

    public Task SettleAsync(string key, Usd spent, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(spent.Nano, nameof(spent));
        return database.WriteAsync(Durability.Power, connection => Settle(connection, key, spent.Nano), cancellationToken);
    }

    public Task ReleaseAsync(string key, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power,
        connection => Find(connection, key) is { IsOpen: true } entry && End(connection, entry, "released", spent: 0),
        cancellationToken);

    public Task<BudgetState?> ReadAsync(BudgetId budget, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.QuerySingleOrDefault<Line>($"{Lines} where id = @id", new { id = budget.Value })?.ToState(),
        cancellationToken);

    public Task<int> ExpireAsync(TimeSpan age, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power,
        connection =>
        {
            var entries = connection.Query<Entry>(
                "select key, budget, reserved_nano, state from ledger_entry where state = 'reserved' and created_us <= @before",
                new { before = UnixMicros.From(database.Time.GetUtcNow() - age) }).AsList();
            foreach (var entry in entries) End(connection, entry, "expired", spent: 0);
            return entries.Count;
        },
        cancellationToken);

    public Task<Usd> SumAsync(BudgetId budget, CancellationToken cancellationToken) => database.ReadAsync(
        connection => new Usd(connection.ExecuteScalar<long>(
            "select coalesce(sum(spent_nano), 0) from ledger_entry where budget = @id or (budget > @id || '/' and budget < @id || '0')",
            new { id = budget.Value })),
        cancellationToken);

    private BudgetState? TryReserve(WriterConnection connection, BudgetId budget, string key, long nano)
    {
        // Settled and still open are both "known": a second try must not take the money twice. What was given back is taken anew.
        if (Find(connection, key) is { } known && (known.IsOpen || known.IsSettled)) return null;
        var lines = ReadChain(connection, budget.Value);
        if (lines.Count == 0)
            throw new InvalidOperationException($"Neither the ledger line {budget} nor a line above it is open; open it before reserving on it.");
        foreach (var line in lines)
            if (line.Limit_Nano is { } limit && checked(line.Spent_Nano + line.Reserved_Nano + nano) > limit) return line.ToState();
        Move(connection, lines, spent: 0, reserved: nano);
        connection.Prepared(
            """
            insert into ledger_entry (key, budget, reserved_nano, spent_nano, state, created_us) values ($0, $1, $2, 0, 'reserved', $3)
            on conflict (key) do update set budget = excluded.budget, reserved_nano = excluded.reserved_nano, state = 'reserved',
                created_us = excluded.created_us, ended_us = null
            """,
            key, budget.Value, nano, Now()).ExecuteNonQuery();
        return null;
    }

    private bool Settle(WriterConnection connection, string key, long nano)
    {
        var entry = Find(connection, key) ?? throw new InvalidOperationException($"Nothing was reserved under {key}, so nothing can be settled.");
        // After a release or an expiry the money was spent all the same: it counts.
        return !entry.IsSettled && End(connection, entry, "settled", nano);
    }

    private bool End(WriterConnection connection, Entry entry, string state, long spent)
    {
        Move(connection, ReadChain(connection, entry.Budget), spent, entry.IsOpen ? -entry.Reserved_Nano : 0);
        connection.Prepared(
            "update ledger_entry set state = $1, spent_nano = $2, ended_us = $3 where key = $0", entry.Key, state, spent, Now()).ExecuteNonQuery();
        return true;
    }

    private long Now() => UnixMicros.From(database.Time.GetUtcNow());

    private static Entry? Find(WriterConnection connection, string key)
    {
        using var row = connection.Prepared("select key, budget, reserved_nano, state from ledger_entry where key = $0", key).ExecuteReader();
        return row.Read() ? new Entry(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetString(3)) : null;
    }

    /// <summary>The open lines that an id counts on: itself first, then its parents upwards.</summary>
    private static List<Line> ReadChain(WriterConnection connection, string id)
    {
        var lines = new List<Line>(3);
        for (var end = id.Length; end > 0; end = id.LastIndexOf('/', end - 1))
        {
            using var row = connection.Prepared($"{Lines} where id = $0", id[..end]).ExecuteReader();
            if (!row.Read()) continue;
            lines.Add(new Line
            {
                Id = row.GetString(0), Limit_Nano = row.IsDBNull(1) ? null : row.GetInt64(1), Spent_Nano = row.GetInt64(2), Reserved_Nano = row.GetInt64(3),
            });
        }

        return lines;
    }

    private static void Move(WriterConnection connection, List<Line> lines, long spent, long reserved)
    {
        foreach (var line in lines)
        {
            connection.Prepared(
                "update budget set spent_nano = $1, reserved_nano = $2 where id = $0",
                line.Id, checked(line.Spent_Nano + spent), checked(line.Reserved_Nano + reserved)).ExecuteNonQuery();
        }
    }

    private sealed record Entry(string Key, string Budget, long Reserved_Nano, string State)
    {
        public bool IsOpen => State == "reserved";

        public bool IsSettled => State == "settled";
    }

    private sealed record Line
    {
        public string Id { get; init; } = "";

        public long? Limit_Nano { get; init; }

        public long Spent_Nano { get; init; }

        public long Reserved_Nano { get; init; }

        public BudgetState ToState() => new()
        {
            Id = new BudgetId(Id),
            Limit = Limit_Nano is { } nano ? new Usd(nano) : null,
            Spent = new Usd(Spent_Nano),
            Reserved = new Usd(Reserved_Nano),
        };
    }
}
