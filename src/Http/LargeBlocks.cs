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

        private readonly ConcurrentBag<Block> _idle = [];

        public override int MaxBufferSize => blockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, blockBytes);
            return _idle.TryTake(out var block) ? block : new Block(this, blockBytes);
        }

        protected override void Dispose(bool disposing) => _idle.Clear();

        private sealed class Block(Pool pool, int bytes) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);

            public void Dispose()
            {
                if ((long)pool._idle.Count * Memory.Length < MostIdleBytes) pool._idle.Add(this);
            }
        }
    }
}
