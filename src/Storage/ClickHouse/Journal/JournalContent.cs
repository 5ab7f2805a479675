namespace Espalier.Storage.ClickHouse.Journal;

/// <summary>What a journal file holds, in borrowed memory.</summary>
internal sealed class JournalContent : IDisposable
{
    private byte[] _bytes;

    private JournalContent(byte[] bytes, IReadOnlyList<LoadedRecord> records) => (_bytes, Records) = (bytes, records);

    /// <summary>Their rows refer to the borrowed memory.</summary>
    public IReadOnlyList<LoadedRecord> Records { get; }

    /// <param name="bytes">From the shared pool; given back with the content.</param>
    public static JournalContent Of(byte[] bytes, int length)
    {
        var records = new List<LoadedRecord>();
        for (var offset = 0; length - offset >= JournalRecord.HeadBytes;)
        {
            var head = bytes.AsMemory(offset, JournalRecord.HeadBytes);
            if (!JournalRecord.TryReadHead(head.Span, out var record) || record.Length > length - offset - JournalRecord.HeadBytes) break;
            var rows = bytes.AsMemory(offset + JournalRecord.HeadBytes, record.Length);
            if (!JournalRecord.IsWhole(head.Span, rows.Span)) break;
            records.Add(new(record, rows));
            offset += JournalRecord.HeadBytes + record.Length;
        }

        return new(bytes, records);
    }

    public void Dispose()
    {
        if (_bytes.Length > 0) BatchMemory.Pool.Return(_bytes);
        _bytes = [];
    }
}

/// <summary>A record with its rows, in the very bytes that the insert sends.</summary>
internal readonly record struct LoadedRecord(JournalRecord Record, ReadOnlyMemory<byte> Rows);
