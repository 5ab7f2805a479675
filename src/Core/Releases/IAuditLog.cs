using Espalier.Contracts.Releases;

namespace Espalier.Core.Releases;

/// <summary>Append-only and hash-chained: every entry's hash covers the one before it.</summary>
public interface IAuditLog
{
    Task<AuditEntry> AppendAsync(AuditAct act, CancellationToken cancellationToken);

    Task<IReadOnlyList<AuditEntry>> ReadAsync(long afterSequence, int limit, CancellationToken cancellationToken);

    /// <summary>Recomputes the chain; the sequence number of the first bad entry, or null when all is well.</summary>
    Task<long?> FindFirstBadAsync(CancellationToken cancellationToken);
}
