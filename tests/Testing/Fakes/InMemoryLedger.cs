using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;

namespace Espalier.Testing.Fakes;

/// <summary>The ledger in memory; passes the same contract as the real stores. Thread-safe.</summary>
public sealed class InMemoryLedger(TimeProvider time) : ILedger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, BudgetState> _lines = [];
    private readonly Dictionary<string, Entry> _entries = [];

    private enum EntryState
    {
        Reserved,
        Settled,
        Released,
    }

    /// <summary>What was settled, by key.</summary>
    public IReadOnlyDictionary<string, Usd> Settled
    {
        get
        {
            lock (_lock) return _entries.Where(pair => pair.Value.State == EntryState.Settled).ToDictionary(pair => pair.Key, pair => pair.Value.Amount);
        }
    }

    public Task OpenAsync(BudgetId budget, Usd? limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _lines[budget.Value] = _lines.TryGetValue(budget.Value, out var line) ? line with { Limit = limit } : Sum(budget) with { Limit = limit };
            return Task.CompletedTask;
        }
    }

    public Task<BudgetState?> TryReserveAsync(BudgetId budget, string key, Usd amount, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount.Nano, nameof(amount));
        lock (_lock)
        {
            ExpireLeases();
            if (_entries.TryGetValue(key, out var known) && known.State != EntryState.Released) return Task.FromResult<BudgetState?>(null);
            var lines = Chain(budget).ToList();
            if (!HasLine(budget)) throw new InvalidOperationException($"Neither the ledger line {budget} nor a line above it is open.");
            if (amount.Nano > 0 && lines.Find(line => line.Limit is { } limit && line.Spent + line.Reserved + amount > limit) is { } full) return Task.FromResult<BudgetState?>(full);
            Move(budget, Usd.Zero, amount);
            _entries[key] = new Entry(budget, amount, EntryState.Reserved, time.GetUtcNow(), lease);
            return Task.FromResult<BudgetState?>(null);
        }
    }

    public Task SettleAsync(string key, Usd spent, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(spent.Nano, nameof(spent));
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry)) throw new InvalidOperationException($"Nothing was reserved under {key}.");
            if (entry.State != EntryState.Settled) End(key, entry, EntryState.Settled, spent);
            return Task.CompletedTask;
        }
    }

    public Task<bool> ChargeAsync(BudgetId budget, string key, Usd spent, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(spent.Nano, nameof(spent));
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry))
            {
                if (!HasLine(budget)) throw new InvalidOperationException($"Neither the ledger line {budget} nor a line above it is open.");
                _entries[key] = entry = new Entry(budget, Usd.Zero, EntryState.Reserved, time.GetUtcNow(), TimeSpan.Zero);
            }

            if (entry.State == EntryState.Settled) return Task.FromResult(false);
            End(key, entry, EntryState.Settled, spent);
            return Task.FromResult(true);
        }
    }

    public Task ReleaseAsync(string key, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var entry) && entry.State == EntryState.Reserved) End(key, entry, EntryState.Released, Usd.Zero);
            return Task.CompletedTask;
        }
    }

    public Task<BudgetState?> ReadAsync(BudgetId budget, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ExpireLeases();
            return Task.FromResult(_lines.GetValueOrDefault(budget.Value));
        }
    }

    public Task<int> ExpireAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var before = time.GetUtcNow() - age;
            var old = _entries.Where(pair => pair.Value.State == EntryState.Reserved && pair.Value.At <= before).ToList();
            foreach (var (key, entry) in old) End(key, entry, EntryState.Released, Usd.Zero);
            return Task.FromResult(old.Count);
        }
    }

    private void ExpireLeases()
    {
        var now = time.GetUtcNow();
        foreach (var (key, entry) in _entries.Where(pair => pair.Value.State == EntryState.Reserved && pair.Value.At + pair.Value.Lease <= now).ToList())
            End(key, entry, EntryState.Released, Usd.Zero);
    }

    private void End(string key, Entry entry, EntryState state, Usd spent)
    {
        Move(entry.Budget, spent, entry.State == EntryState.Reserved ? Usd.Zero - entry.Amount : Usd.Zero);
        _entries[key] = entry with { State = state, Amount = spent };
    }

    private void Move(BudgetId budget, Usd spent, Usd reserved)
    {
        foreach (var line in Chain(budget).ToList())
            _lines[line.Id.Value] = line with { Spent = line.Spent + spent, Reserved = line.Reserved + reserved };
    }

    private bool HasLine(BudgetId budget) => Chain(budget).Any(line => line.Id != BudgetLines.Project || budget == BudgetLines.Project);

    /// <summary>The open lines that an id counts on: itself first, then its parents upwards.</summary>
    private IEnumerable<BudgetState> Chain(BudgetId budget)
    {
        for (var end = budget.Value.Length; end > 0; end = budget.Value.LastIndexOf('/', end - 1))
            if (_lines.TryGetValue(budget.Value[..end], out var line) && budget.Value[..end] != BudgetLines.Project.Value) yield return line;
        if (_lines.TryGetValue(BudgetLines.Project.Value, out var root)) yield return root;
    }

    /// <summary>A line that is opened late has seen what was spent below it before.</summary>
    private BudgetState Sum(BudgetId budget)
    {
        var below = _entries.Values.Where(entry => budget == BudgetLines.Project || entry.Budget == budget || entry.Budget.Value.StartsWith(budget.Value + "/", StringComparison.Ordinal)).ToList();
        return new BudgetState { Id = budget, Spent = Total(EntryState.Settled), Reserved = Total(EntryState.Reserved) };

        Usd Total(EntryState state) => below.Where(entry => entry.State == state).Aggregate(Usd.Zero, (sum, entry) => sum + entry.Amount);
    }

    private sealed record Entry(BudgetId Budget, Usd Amount, EntryState State, DateTimeOffset At, TimeSpan Lease);
}
