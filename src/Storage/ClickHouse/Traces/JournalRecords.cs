using Espalier.Storage.ClickHouse.Journal;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Rows of one kind, gathered into records of the journal.</summary>
/// <param name="kind">What the rows are.</param>
/// <param name="bytes">About how many bytes are to come; memory that is too small is copied as it grows.</param>
internal sealed class JournalRecords(JournalKind kind, long bytes = 0) : IDisposable
{
    private const int MostRows = 5000;
    private const int MostBytes = 8 * 1024 * 1024;
    private const int FirstBytes = 64 * 1024;

    private readonly int _firstBytes = (int)Math.Clamp(bytes, FirstBytes, MostBytes);
    private readonly List<Gathered> _records = [];

    public void Add<T>(T item, Action<RowBinaryWriter, string, T, long> write, string project, long written)
    {
        if (_records.Count == 0 || _records[^1].Rows >= MostRows || _records[^1].Bytes.WrittenCount >= MostBytes) _records.Add(new(_firstBytes));
        var record = _records[^1];
        var before = record.Bytes.WrittenCount;
        try
        {
            write(new RowBinaryWriter(record.Bytes), project, item, written);
        }
        catch
        {
            // Half a row would spoil all that follow.
            record.Bytes.CutTo(before);
            throw;
        }

        if (record.Rows++ == 0) record.First = written;
        record.Last = written;
    }

    public IEnumerable<(JournalRecord Record, ReadOnlyMemory<byte> Rows)> All() => _records
        .Where(one => one.Rows > 0)
        .Select(one => (new JournalRecord(kind, one.Rows, one.Bytes.WrittenCount, one.First, one.Last), one.Bytes.WrittenMemory));

    public void Dispose() => _records.ForEach(one => one.Bytes.Dispose());

    private sealed class Gathered(int bytes)
    {
        public PooledWriter Bytes { get; } = new(bytes);

        public int Rows { get; set; }

        public long First { get; set; }

        public long Last { get; set; }
    }
}
