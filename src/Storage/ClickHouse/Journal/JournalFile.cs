namespace Espalier.Storage.ClickHouse.Journal;

/// <summary>One file of the journal: full, or closed because it is about to be loaded.</summary>
/// <param name="Rows">Rows in it; unknown, and zero, when it was left by an earlier process.</param>
internal sealed record JournalFile(long Number, string Path, long Bytes, int Rows)
{
    public const string Extension = ".journal";

    /// <summary>The records that are whole, up to the first that is not.</summary>
    /// <remarks>A torn record is the last one of a process that was killed while it wrote; its writer was never told that it is stored.</remarks>
    public async Task<IReadOnlyList<(JournalRecord Record, long Offset)>> ReadRecordsAsync(CancellationToken cancellationToken)
    {
        var records = new List<(JournalRecord, long)>();
        await using var file = Open();
        var head = new byte[JournalRecord.HeadBytes];
        long offset = 0;
        while (await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken) == head.Length
            && JournalRecord.TryReadHead(head, out var record)
            && record.Length <= file.Length - file.Position)
        {
            var bytes = System.Buffers.ArrayPool<byte>.Shared.Rent(record.Length);
            try
            {
                await file.ReadExactlyAsync(bytes.AsMemory(0, record.Length), cancellationToken);
                if (!JournalRecord.IsWhole(head, bytes.AsSpan(0, record.Length))) break;
            }
            finally
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
            }

            records.Add((record, offset + JournalRecord.HeadBytes));
            offset += JournalRecord.HeadBytes + record.Length;
        }

        return records;
    }

    /// <summary>Copies the bytes of these records, without their heads, one after the other.</summary>
    public async Task CopyAsync(IEnumerable<(JournalRecord Record, long Offset)> records, Stream output, CancellationToken cancellationToken)
    {
        await using var file = Open();
        var buffer = new byte[128 * 1024];
        foreach (var (record, offset) in records)
        {
            file.Position = offset;
            for (var left = record.Length; left > 0;)
            {
                var read = await file.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, left)), cancellationToken);
                if (read == 0) throw new EndOfStreamException($"{Path} became shorter while it was read.");
                await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                left -= read;
            }
        }
    }

    private FileStream Open() => new(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 128 * 1024, useAsync: true);
}
