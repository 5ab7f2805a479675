using Dapper;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Sqlite.Runs;

/// <summary>The ledger: decided in memory, journalled before a caller goes on, stored as rows in batches.</summary>
/// <remarks>One process owns the data folder, so its memory is the truth and no call waits for a transaction. A record of every reservation,
/// settlement and release is written to the journal's file before the call returns: a killed process loses nothing, its journal is read at
/// the next start. Rows are committed, synced, every 100 ms while something changes, so a loss of power can take that much and no more.
/// Spending on a line that was never opened counts on those parents that were; with none of them open it is refused loudly.</remarks>
internal sealed class SqliteLedger(SqliteDatabase database) : ILedger, ILedgerAudit, IAsyncDisposable
{
    private const string Entries = "select key, budget, reserved_nano, spent_nano, state, created_us, lease_us, ended_us from ledger_entry";
    // Everything is below the project.
    private const string Below = "(@id = 'project' or budget = @id or (budget > @id || '/' and budget < @id || '0'))";

    private static readonly TimeSpan StoreEvery = TimeSpan.FromMilliseconds(100);
    private static readonly Task<BudgetState?> Taken = Task.FromResult<BudgetState?>(null);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _slow = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly LedgerBook _book = new();
    private readonly SeenKeys _seen = new();
    private readonly LedgerJournal _journal = new(Path.GetDirectoryName(database.Status.Path)!);
    private Task _storing = Task.CompletedTask;
    private bool _loaded;
    private int _disposed;
    private bool _open;

    public Task OpenAsync(BudgetId budget, Usd? limit, CancellationToken cancellationToken) => SlowlyAsync(
        async () =>
        {
            lock (_lock) _open = false;
            try
            {
                // With everything stored and nobody moving, a line that is opened late finds what was spent below it in the rows.
                await StoreAsync();
                var line = await database.WriteAsync(Durability.Power, connection => Open(connection, budget.Value, limit?.Nano), cancellationToken);
                lock (_lock) _book.Put(budget.Value, limit?.Nano, line.Spent, line.Reserved);
                return true;
            }
            finally
            {
                lock (_lock) _open = true;
            }
        },
        cancellationToken);

    public Task<BudgetState?> TryReserveAsync(BudgetId budget, string key, Usd amount, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount.Nano, nameof(amount));
        lock (_lock)
            if (_open && IsAtHand(key)) return Reserve(budget.Value, key, amount.Nano, lease) is { } full ? Task.FromResult<BudgetState?>(full) : Taken;
        return WithEntryAsync(key, () => Reserve(budget.Value, key, amount.Nano, lease), cancellationToken);
    }

    public Task SettleAsync(string key, Usd spent, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(spent.Nano, nameof(spent));
        lock (_lock)
        {
            if (_open && _book.Find(key) is not null)
            {
                Settle(key, spent.Nano);
                return Task.CompletedTask;
            }
        }

        return WithEntryAsync(key, () => Settle(key, spent.Nano), cancellationToken);
    }

    public Task<bool> ChargeAsync(BudgetId budget, string key, Usd spent, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(spent.Nano, nameof(spent));
        return WithEntryAsync(key, () => Charge(budget.Value, key, spent.Nano), cancellationToken);
    }

    public Task ReleaseAsync(string key, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_open && _book.Find(key) is not null)
            {
                Release(key);
                return Task.CompletedTask;
            }
        }

        return WithEntryAsync(key, () => Release(key), cancellationToken);
    }

    public Task<BudgetState?> ReadAsync(BudgetId budget, CancellationToken cancellationToken)
    {
        lock (_lock)
            if (_open) return Task.FromResult(Read(budget.Value));
        return SlowlyAsync(
            () =>
            {
                lock (_lock) return Task.FromResult(Read(budget.Value));
            },
            cancellationToken);
    }

    public Task<int> ExpireAsync(TimeSpan age, CancellationToken cancellationToken) => SlowlyAsync(
        async () =>
        {
            int count;
            lock (_lock)
            {
                var now = database.Time.GetUtcNow();
                count = _book.ExpireOlder(UnixMicros.From(now - age), UnixMicros.From(now));
            }

            await StoreAsync();
            return count;
        },
        cancellationToken);

    public Task<Usd> SumAsync(BudgetId budget, CancellationToken cancellationToken) => SlowlyAsync(
        async () =>
        {
            await StoreAsync();
            return await database.ReadAsync(
                connection => new Usd(connection.ExecuteScalar<long>($"select coalesce(sum(spent_nano), 0) from ledger_entry where {Below}", new { id = budget.Value })),
                cancellationToken);
        },
        cancellationToken);

    /// <summary>Stores what is not stored yet. Without it nothing is lost either: the journal has it.</summary>
    public async ValueTask DisposeAsync()
    {
        // Registered under each of its interfaces, it is disposed of once for each.
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _closing.CancelAsync();
        Task storing;
        lock (_lock) storing = _storing;
        await storing;
        await _slow.WaitAsync(CancellationToken.None);
        try
        {
            if (_loaded) await StoreAsync();
        }
        catch (Exception error) when (error is ObjectDisposedException or StorageFault)
        {
            // The database is closed or the disk full: the journal stays and is read at the next start.
        }

        lock (_lock) _open = false;
        _journal.Dispose();
        _closing.Dispose();
    }

    private bool IsAtHand(string key) => _book.Find(key) is not null || !_seen.MayContain(key);

    private BudgetState? Read(string budget)
    {
        _book.Expire(Now());
        return _book.Read(budget);
    }

    private BudgetState? Reserve(string budget, string key, long nano, TimeSpan lease)
    {
        var now = Now();
        _book.Expire(now);
        // Settled and still open are both "known": a second try must not take the money twice. What was given back is taken anew.
        if (_book.Find(key) is { State: LedgerState.Reserved or LedgerState.Settled }) return null;
        if (!_book.HasLine(budget)) throw NoLine(budget);
        if (_book.FullLine(budget, nano) is { } full) return full;
        var until = now + (long)lease.TotalMicroseconds;
        _journal.Append(new LedgerJournal.Entry(LedgerJournal.Kind.Reserve, key, budget, nano, now, until));
        Take(budget, key, nano, now, until);
        return null;
    }

    private bool Settle(string key, long nano)
    {
        var entry = _book.Find(key) ?? throw new InvalidOperationException($"Nothing was reserved under {key}, so nothing can be settled.");
        if (entry.State == LedgerState.Settled) return false;
        var now = Now();
        // After a release or an expiry the money was spent all the same: it counts. In memory first, because it was spent whatever the disk says.
        _book.End(entry, LedgerState.Settled, nano, now);
        StoreSoon();
        _journal.Append(new LedgerJournal.Entry(LedgerJournal.Kind.Settle, key, "", nano, now, 0));
        return true;
    }

    private bool Charge(string budget, string key, long nano)
    {
        if (_book.Find(key) is { State: LedgerState.Settled }) return false;
        if (_book.Find(key) is null)
        {
            if (!_book.HasLine(budget)) throw NoLine(budget);
            var now = Now();
            _journal.Append(new LedgerJournal.Entry(LedgerJournal.Kind.Reserve, key, budget, 0, now, now));
            Take(budget, key, 0, now, now);
        }

        return Settle(key, nano);
    }

    private bool Release(string key)
    {
        if (_book.Find(key) is not { IsOpen: true } entry) return false;
        var now = Now();
        _book.End(entry, LedgerState.Released, 0, now);
        StoreSoon();
        _journal.Append(new LedgerJournal.Entry(LedgerJournal.Kind.Release, key, "", 0, now, 0));
        return true;
    }

    private void Take(string budget, string key, long nano, long now, long until)
    {
        _book.Reserve(new LedgerEntry { Key = key, Budget = budget, Reserved = nano, Created = now, Until = until });
        StoreSoon();
    }

    private static InvalidOperationException NoLine(string budget) =>
        new($"Neither the ledger line {budget} nor a line above it is open; open it before reserving on it.");

    private long Now() => UnixMicros.From(database.Time.GetUtcNow());

    /// <summary>Does what needs an entry, which may have to be looked for in the rows.</summary>
    private Task<T> WithEntryAsync<T>(string key, Func<T> work, CancellationToken cancellationToken) => SlowlyAsync(
        async () =>
        {
            bool atHand;
            lock (_lock) atHand = IsAtHand(key);
            var stored = atHand ? null : await database.ReadAsync(connection => Find(connection, key), cancellationToken);
            lock (_lock)
            {
                if (stored is not null && _book.Find(key) is null) _book.Recall(stored);
                return work();
            }
        },
        cancellationToken);

    /// <summary>One at a time: whatever reads or writes the rows.</summary>
    private async Task<T> SlowlyAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await _slow.WaitAsync(cancellationToken);
        try
        {
            if (!_loaded) await LoadAsync(cancellationToken);
            return await work();
        }
        finally
        {
            _slow.Release();
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var left = _journal.ReadLeft();
        await database.ReadAsync(
            connection =>
            {
                foreach (var line in connection.Query<(string Id, long? Limit, long Spent, long Reserved)>("select id, limit_nano, spent_nano, reserved_nano from budget", buffered: false))
                    _book.Put(line.Id, line.Limit, line.Spent, line.Reserved);
                foreach (var key in connection.Query<string>("select key from ledger_entry", buffered: false)) _seen.Add(key);
                foreach (var row in connection.Query<Row>($"{Entries} where state = 'reserved'", buffered: false)) _book.Recall(row.ToEntry());
                foreach (var entry in left) Replay(connection, entry);
                return true;
            },
            cancellationToken);
        await StoreAsync();
        _loaded = true;
        lock (_lock) _open = true;
    }

    // Records whose rows were stored before the process died come again here, and change nothing.
    private void Replay(SqliteConnection connection, in LedgerJournal.Entry record)
    {
        var entry = _book.Find(record.Key);
        if (entry is null && _seen.MayContain(record.Key) && Find(connection, record.Key) is { } stored) _book.Recall(entry = stored);
        if (record.Kind == LedgerJournal.Kind.Reserve && entry is not { State: LedgerState.Reserved or LedgerState.Settled })
            _book.Reserve(new LedgerEntry { Key = record.Key, Budget = record.Budget, Reserved = record.Nano, Created = record.At, Until = record.Until });
        else if (record.Kind == LedgerJournal.Kind.Settle && entry is { State: not LedgerState.Settled }) _book.End(entry, LedgerState.Settled, record.Nano, record.At);
        else if (record.Kind == LedgerJournal.Kind.Release && entry is { IsOpen: true }) _book.End(entry, LedgerState.Released, 0, record.At);
    }

    private void StoreSoon()
    {
        if (_storing.IsCompleted && _open) _storing = StoreLaterAsync();
    }

    private async Task StoreLaterAsync()
    {
        try
        {
            await Task.Delay(StoreEvery, database.Time, _closing.Token);
            await _slow.WaitAsync(_closing.Token);
            try
            {
                await StoreAsync();
            }
            finally
            {
                _slow.Release();
            }
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or StorageFault)
        {
            // Closed, or the disk takes nothing: the journal has it, and the next change tries again.
        }
    }

    private async Task StoreAsync()
    {
        LedgerChanges changes;
        IReadOnlyList<string> journals;
        lock (_lock)
        {
            _book.Expire(Now());
            changes = _book.Take();
            _journal.Turn();
            journals = _journal.Old();
        }

        try
        {
            if (changes.Entries.Count > 0) await database.WriteAsync(Durability.Power, connection => Store(connection, changes), CancellationToken.None);
        }
        catch
        {
            lock (_lock) _book.NotStored(changes);
            throw;
        }

        lock (_lock)
        {
            foreach (var entry in changes.Entries) _seen.Add(entry.Key);
            _book.Stored(changes);
            _journal.Forget(journals);
            // What changed meanwhile found this work still running and left it to it.
            if (_book.HasChanges && _open) _storing = AgainAsync(_storing);
        }
    }

    private async Task AgainAsync(Task before)
    {
        await before;
        await StoreLaterAsync();
    }

    private static bool Store(WriterConnection connection, LedgerChanges changes)
    {
        foreach (var entry in changes.Entries)
        {
            connection.Prepared(
                """
                insert into ledger_entry (key, budget, reserved_nano, spent_nano, state, created_us, lease_us, ended_us) values ($0, $1, $2, $3, $4, $5, $6, $7)
                on conflict (key) do update set budget = excluded.budget, reserved_nano = excluded.reserved_nano, spent_nano = excluded.spent_nano,
                    state = excluded.state, created_us = excluded.created_us, lease_us = excluded.lease_us, ended_us = excluded.ended_us
                """,
                entry.Key, entry.Budget, entry.Reserved, entry.Spent, Word(entry.State), entry.Created, entry.Until, entry.Ended).ExecuteNonQuery();
        }

        foreach (var (id, spent, reserved) in changes.Lines)
            connection.Prepared("update budget set spent_nano = $1, reserved_nano = $2 where id = $0", id, spent, reserved).ExecuteNonQuery();
        return true;
    }

    private static (long Spent, long Reserved) Open(WriterConnection connection, string id, long? limit)
    {
        connection.Execute(
            $"""
            insert into budget (id, limit_nano, spent_nano, reserved_nano)
            select @id, @limit, coalesce(sum(spent_nano), 0), coalesce(sum(case when state = 'reserved' then reserved_nano else 0 end), 0)
            from ledger_entry where {Below}
            on conflict (id) do update set limit_nano = excluded.limit_nano
            """,
            new { id, limit });
        return connection.QuerySingle<(long, long)>("select spent_nano, reserved_nano from budget where id = @id", new { id });
    }

    private static LedgerEntry? Find(SqliteConnection connection, string key) =>
        connection.QuerySingleOrDefault<Row>($"{Entries} where key = @key", new { key })?.ToEntry();

    private static string Word(LedgerState state) => state switch
    {
        LedgerState.Reserved => "reserved",
        LedgerState.Settled => "settled",
        LedgerState.Released => "released",
        _ => "expired",
    };

    private sealed record Row(string Key, string Budget, long Reserved_Nano, long Spent_Nano, string State, long Created_Us, long? Lease_Us, long? Ended_Us)
    {
        public LedgerEntry ToEntry() => new()
        {
            Key = Key,
            Budget = Budget,
            Reserved = Reserved_Nano,
            Spent = Spent_Nano,
            State = State switch
            {
                "reserved" => LedgerState.Reserved,
                "settled" => LedgerState.Settled,
                "released" => LedgerState.Released,
                _ => LedgerState.Expired,
            },
            Created = Created_Us,
            Until = Lease_Us,
            Ended = Ended_Us,
        };
    }
}
