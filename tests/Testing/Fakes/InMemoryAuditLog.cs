using System.Globalization;
using Espalier.Contracts.Releases;
using Espalier.Core.Releases;
using Espalier.Core.Shared;

namespace Espalier.Testing.Fakes;

/// <summary>The audit log in memory, chained like the real one.</summary>
public sealed class InMemoryAuditLog(TimeProvider time) : IAuditLog
{
    private readonly Lock _lock = new();
    private readonly List<AuditEntry> _entries = [];

    public Task<AuditEntry> AppendAsync(AuditAct act, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var entry = Chained(_entries.Count + 1, time.GetUtcNow(), act, _entries.Count == 0 ? "" : _entries[^1].Hash);
            _entries.Add(entry);
            return Task.FromResult(entry);
        }
    }

    public Task<IReadOnlyList<AuditEntry>> ReadAsync(long afterSequence, int limit, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult<IReadOnlyList<AuditEntry>>([.. _entries.Where(entry => entry.Sequence > afterSequence).Take(limit)]);
    }

    public Task<long?> FindFirstBadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var previous = "";
            foreach (var entry in _entries)
            {
                if (Chained(entry.Sequence, entry.At, entry.Act, previous) != entry) return Task.FromResult<long?>(entry.Sequence);
                previous = entry.Hash;
            }

            return Task.FromResult<long?>(null);
        }
    }

    private static AuditEntry Chained(long sequence, DateTimeOffset at, AuditAct act, string previous) => new(
        sequence, at, act, previous,
        ContentHash.Of(64, previous, sequence.ToString(CultureInfo.InvariantCulture), at.ToString("O", CultureInfo.InvariantCulture), act.Principal, act.Action, act.Target, act.Detail));
}
