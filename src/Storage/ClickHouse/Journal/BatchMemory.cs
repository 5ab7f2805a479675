using System.Buffers;

namespace Espalier.Storage.ClickHouse.Journal;

/// <summary>Memory for batches of rows, which are megabytes and come several times a second.</summary>
/// <remarks>Apart from the pool that all share: that one gives such arrays up at every collection, and each new one is cleared and paged in.</remarks>
internal static class BatchMemory
{
    private const int LargestArray = 16 * 1024 * 1024;
    private const int KeptOfEachSize = 2;

    public static ArrayPool<byte> Pool { get; } = ArrayPool<byte>.Create(LargestArray, KeptOfEachSize);
}
