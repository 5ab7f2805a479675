using System.Buffers;
using Espalier.Storage.ClickHouse.Journal;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Bytes that grow as they are written, in memory that is borrowed: batches of megabytes would otherwise fill the large object heap.</summary>
internal sealed class PooledWriter(int capacity) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = BatchMemory.Pool.Rent(capacity);

    public int WrittenCount { get; private set; }

    public int Capacity => _bytes.Length;

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, WrittenCount);

    /// <summary>Takes back what was written after this many bytes.</summary>
    public void CutTo(int count) => WrittenCount = count;

    public void Advance(int count) => WrittenCount += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(WrittenCount);
    }

    public void Dispose()
    {
        BatchMemory.Pool.Return(_bytes);
        _bytes = [];
    }

    private void Reserve(int sizeHint)
    {
        var needed = WrittenCount + Math.Max(1, sizeHint);
        if (needed <= _bytes.Length) return;
        var larger = BatchMemory.Pool.Rent(Math.Max(needed, _bytes.Length * 2));
        _bytes.AsSpan(0, WrittenCount).CopyTo(larger);
        BatchMemory.Pool.Return(_bytes);
        _bytes = larger;
    }
}
