using System.Globalization;
using Dapper;
using Espalier.Contracts.Releases;
using Espalier.Core.Releases;
using Espalier.Core.Shared;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Sqlite.Releases;

/// <summary>The audit chain. Triggers refuse changes; the hashes show those that were made around them.</summary>
/// <remarks>A head row keeps the last number and hash, so a cut end is seen too, unless that row was rewritten with it:
/// against somebody who can write the file only an anchor elsewhere helps.</remarks>
internal sealed class SqliteAuditLog(SqliteDatabase database) : IAuditLog
{
    private const string Columns = "select sequence, at_us, principal, action, target, detail, previous, hash from audit_entry";

    private static readonly string Start = new('0', 64);

    public Task<AuditEntry> AppendAsync(AuditAct act, CancellationToken cancellationToken) => database.WriteAsync(
        Durability.Power,
        connection =>
        {
            var last = connection.QuerySingleOrDefault<Row>($"{Columns} order by sequence desc limit 1");
            var entry = Chain((last?.Sequence ?? 0) + 1, UnixMicros.From(database.Time.GetUtcNow()), act, last?.Hash ?? Start);
            connection.Execute(
                """
                insert into audit_entry (sequence, at_us, principal, action, target, detail, previous, hash)
                values (@Sequence, @At_Us, @Principal, @Action, @Target, @Detail, @Previous, @Hash);
                insert into audit_head (only_row, sequence, hash) values (1, @Sequence, @Hash)
                on conflict (only_row) do update set sequence = excluded.sequence, hash = excluded.hash;
                """,
                entry);
            return entry.ToEntry();
        },
        cancellationToken);

    public Task<IReadOnlyList<AuditEntry>> ReadAsync(long afterSequence, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<AuditEntry>>(
            connection => [.. connection.Query<Row>(
                $"{Columns} where sequence > @afterSequence order by sequence limit @limit", new { afterSequence, limit })
                .Select(row => row.ToEntry())],
            cancellationToken);

    public Task<long?> FindFirstBadAsync(CancellationToken cancellationToken) => database.ReadAsync(FindFirstBad, cancellationToken);

    private static long? FindFirstBad(SqliteConnection connection)
    {
        var (sequence, previous) = (0L, Start);
        // One statement sees one state, so the head is read with the entries and not after them.
        foreach (var row in connection.Query<CheckedRow>(
            """
            select e.sequence, e.at_us, e.principal, e.action, e.target, e.detail, e.previous, e.hash, h.sequence as head, h.hash as head_hash
            from audit_entry e left join audit_head h on h.only_row = 1 order by e.sequence
            """,
            buffered: false))
        {
            sequence++;
            if (row.Sequence != sequence || row.Previous != previous) return sequence;
            var right = Chain(row.Sequence, row.At_Us, new AuditAct(row.Principal, row.Action, row.Target, row.Detail), previous);
            if (right.Hash != row.Hash) return sequence;
            if (row.Head is not { } head || sequence > head || (sequence == head && row.Head_Hash != row.Hash)) return sequence;
            previous = row.Hash;
        }

        var last = connection.QuerySingleOrDefault<long?>("select sequence from audit_head where sequence > @sequence and not exists "
            + "(select 1 from audit_entry where sequence > @sequence)", new { sequence });
        return last is null ? null : sequence + 1;
    }

    private static Row Chain(long sequence, long at, AuditAct act, string previous)
    {
        var hash = ContentHash.Of(
            64, previous, sequence.ToString(CultureInfo.InvariantCulture), at.ToString(CultureInfo.InvariantCulture),
            act.Principal, act.Action, act.Target, act.Detail);
        return new Row(sequence, at, act.Principal, act.Action, act.Target, act.Detail, previous, hash);
    }

    private sealed record Row(
        long Sequence, long At_Us, string Principal, string Action, string Target, string Detail, string Previous, string Hash)
    {
        public AuditEntry ToEntry() => new(Sequence, UnixMicros.To(At_Us), new AuditAct(Principal, Action, Target, Detail), Previous, Hash);
    }

    private sealed record CheckedRow
    {
        public long Sequence { get; init; }

        public long At_Us { get; init; }

        public string Principal { get; init; } = "";

        public string Action { get; init; } = "";

        public string Target { get; init; } = "";

        public string Detail { get; init; } = "";

        public string Previous { get; init; } = "";

        public string Hash { get; init; } = "";

        public long? Head { get; init; }

        public string? Head_Hash { get; init; }
    }
}
