using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;

namespace Espalier.Storage.Sqlite.Runs;

/// <summary>The ledger's lines and its open reservations in memory, and what changed since it was last stored. Not thread-safe.</summary>
/// <remarks>A line's totals are always the sums over its entries and those of the lines below it. Every operation takes time by the depth
/// of its line, whatever the number of entries.</remarks>
internal sealed class LedgerBook
{
    private static readonly string Root = BudgetLines.Project.Value;

    private readonly Dictionary<string, Line> _lines = [];
    private readonly Dictionary<string, Line[]> _chains = [];
    private readonly Dictionary<string, LedgerEntry> _entries = [];
    private long _earliestEnd = long.MaxValue;
    private Dictionary<string, LedgerEntry> _changed = [];
    private HashSet<Line> _changedLines = [];

    public bool HasChanges => _changed.Count > 0;

    public void Put(string line, long? limit, long spent, long reserved)
    {
        if (!_lines.TryGetValue(line, out var known))
        {
            _lines[line] = known = new Line(line);
            _chains.Clear();
        }

        (known.Limit, known.Spent, known.Reserved) = (limit, spent, reserved);
    }

    public BudgetState? Read(string line) => _lines.TryGetValue(line, out var known) ? known.ToState() : null;

    /// <summary>Null when it is not in memory: unknown, or ended and stored.</summary>
    public LedgerEntry? Find(string key) => _entries.GetValueOrDefault(key);

    /// <summary>Takes a stored entry into memory.</summary>
    public void Recall(LedgerEntry entry)
    {
        _entries[entry.Key] = entry;
        if (entry.IsOpen) _earliestEnd = Math.Min(_earliestEnd, entry.Until ?? long.MaxValue);
        // An ended one goes out again with the next changes.
        else _changed[entry.Key] = entry;
    }

    /// <summary>Whether any line is open for it; the one above all others is nobody's own.</summary>
    public bool HasLine(string budget) => Chain(budget) is [var first, ..] && (first.Id != Root || budget == Root);

    /// <summary>The line in which an amount does not fit; null when it fits in all.</summary>
    public BudgetState? FullLine(string budget, long amount)
    {
        foreach (var line in Chain(budget))
            // What is free fits in every line: a model that costs nothing must not stop with the money.
            if (amount > 0 && line.Limit is { } limit && checked(line.Spent + line.Reserved + amount) > limit) return line.ToState();
        return null;
    }

    public void Reserve(LedgerEntry entry)
    {
        Move(entry.Budget, spent: 0, entry.Reserved);
        Change(entry);
        _earliestEnd = Math.Min(_earliestEnd, entry.Until ?? long.MaxValue);
    }

    public void End(LedgerEntry entry, LedgerState state, long spent, long now)
    {
        Move(entry.Budget, spent, entry.IsOpen ? -entry.Reserved : 0);
        Change(entry with { State = state, Spent = spent, Ended = now });
    }

    /// <summary>Gives back what nobody ended in its time.</summary>
    public void Expire(long now)
    {
        if (now < _earliestEnd) return;
        // Looked through about once a lease: what is in memory is open or ended a moment ago.
        foreach (var entry in _entries.Values.Where(entry => entry.IsOpen && entry.Until <= now).ToList()) End(entry, LedgerState.Expired, 0, now);
        _earliestEnd = _entries.Values.Where(entry => entry.IsOpen).Select(entry => entry.Until ?? long.MaxValue).DefaultIfEmpty(long.MaxValue).Min();
    }

    /// <summary>Gives back what was reserved at that time or before; returns how many there were.</summary>
    public int ExpireOlder(long created, long now)
    {
        var old = _entries.Values.Where(entry => entry.IsOpen && entry.Created <= created).ToList();
        foreach (var entry in old) End(entry, LedgerState.Expired, 0, now);
        return old.Count;
    }

    /// <summary>What is to be stored; from now on only what changes after this counts as changed.</summary>
    public LedgerChanges Take()
    {
        var changes = new LedgerChanges([.. _changed.Values], [.. _changedLines.Select(line => (line.Id, line.Spent, line.Reserved))]);
        (_changed, _changedLines) = ([], []);
        return changes;
    }

    /// <summary>They are stored: what ended need not be remembered.</summary>
    public void Stored(LedgerChanges changes)
    {
        foreach (var entry in changes.Entries)
            if (!entry.IsOpen && _entries.TryGetValue(entry.Key, out var now) && ReferenceEquals(now, entry) && !_changed.ContainsKey(entry.Key)) _entries.Remove(entry.Key);
    }

    /// <summary>They could not be stored: they count as changed still.</summary>
    public void NotStored(LedgerChanges changes)
    {
        foreach (var entry in changes.Entries)
            if (_entries.TryGetValue(entry.Key, out var now)) _changed[entry.Key] = now;
        foreach (var (id, _, _) in changes.Lines)
            if (_lines.TryGetValue(id, out var line)) _changedLines.Add(line);
    }

    private void Change(LedgerEntry entry) => _changed[entry.Key] = _entries[entry.Key] = entry;

    private void Move(string budget, long spent, long reserved)
    {
        foreach (var line in Chain(budget))
        {
            line.Spent = checked(line.Spent + spent);
            line.Reserved = checked(line.Reserved + reserved);
            _changedLines.Add(line);
        }
    }

    /// <summary>The open lines that an id counts on: itself first, then its parents upwards.</summary>
    private Line[] Chain(string budget)
    {
        if (_chains.TryGetValue(budget, out var known)) return known;
        var chain = new List<Line>(4);
        for (var end = budget.Length; end > 0; end = budget.LastIndexOf('/', end - 1))
            if (_lines.TryGetValue(budget[..end], out var line)) chain.Add(line);
        if (_lines.TryGetValue(Root, out var root) && !chain.Contains(root)) chain.Add(root);
        return _chains[budget] = [.. chain];
    }

    private sealed class Line(string id)
    {
        public string Id { get; } = id;

        public long? Limit { get; set; }

        public long Spent { get; set; }

        public long Reserved { get; set; }

        public BudgetState ToState() => new()
        {
            Id = new BudgetId(Id),
            Limit = Limit is { } nano ? new Usd(nano) : null,
            Spent = new Usd(Spent),
            Reserved = new Usd(Reserved),
        };
    }
}

/// <summary>Entries as they stand now, and the totals of the lines that they moved.</summary>
internal sealed record LedgerChanges(IReadOnlyList<LedgerEntry> Entries, IReadOnlyList<(string Id, long Spent, long Reserved)> Lines);
