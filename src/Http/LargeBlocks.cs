using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

// Compiled into the server and into the trace store, since neither program may use the other's code.
namespace Espalier.Http;

/// <summary>Lets the web server read bodies in large pieces: its own are 4 KiB, and each wakes a thread.</summary>
/// <param name="blockBytes">Bytes of a piece. A connection holds one only while there is something to read or to write.</param>
internal sealed class LargeBlocks(int blockBytes) : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool(blockBytes);

    /// <summary>Pinned blocks that are used again.</summary>
    private sealed class Pool(int blockBytes) : MemoryPool<byte>
    {
        private const long MostIdleBytes = 16 * 1024 * 1024;

        private readonly ConcurrentQueue<Block> _idle = new();
        private long _idleBytes;

        public override int MaxBufferSize => blockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, blockBytes);
            if (!_idle.TryDequeue(out var block)) return new Block(this, blockBytes);
            Interlocked.Add(ref _idleBytes, -blockBytes);
            return block;
        }

        protected override void Dispose(bool disposing) => _idle.Clear();

        private sealed class Block(Pool pool, int bytes) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);

            public void Dispose()
            {
                // Counted here: to count what lies in the queue takes longer than to use it.
                if (Interlocked.Add(ref pool._idleBytes, bytes) <= MostIdleBytes) pool._idle.Enqueue(this);
                else Interlocked.Add(ref pool._idleBytes, -bytes);
            }
        }
    }
}
