using System.Buffers.Binary;
using System.Text;
using Espalier.Core.Runs;

namespace Espalier.Workers.Sandboxes;

/// <summary>Reads the files that the helper sends out of a sandbox (<c>eng/forwarder/collect.c</c>), in constant memory.</summary>
internal static class FolderReader
{
    private const int HeadBytes = 13;
    private const int MostPathBytes = 4096;

    /// <exception cref="IOException">The stream ended too early.</exception>
    public static async Task ReadAsync(Stream stream, Func<WorkFile, Stream, CancellationToken, Task> take, CancellationToken cancellationToken)
    {
        var buffer = new byte[MostPathBytes];
        while (true)
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, HeadBytes), cancellationToken);
            var kind = buffer[0];
            var length = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(1));
            var size = BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(5));
            if (kind == 'e') return;
            if (kind is not ((byte)'f' or (byte)'x' or (byte)'l') || length is 0 or > MostPathBytes || size < 0) throw new IOException("The sandbox sent files in a form that is none.");
            await stream.ReadExactlyAsync(buffer.AsMemory(0, (int)length), cancellationToken);
            var path = Encoding.UTF8.GetString(buffer, 0, (int)length);
            await using var content = new Section(stream, size);
            await take(new WorkFile(path, kind == 'l' ? WorkFileKind.Link : kind == 'x' ? WorkFileKind.Executable : WorkFileKind.File, size), content, cancellationToken);
            await content.SkipAsync(cancellationToken);
        }
    }

    /// <summary>The next bytes of a stream.</summary>
    private sealed class Section(Stream inner, long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public async Task SkipAsync(CancellationToken cancellationToken)
        {
            var waste = new byte[Math.Min(_left, 81_920)];
            while (_left > 0) _ = await ReadAsync(waste, cancellationToken);
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0) return 0;
            var read = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
            if (read == 0) throw new EndOfStreamException("The sandbox ended before all of its files were read.");
            _left -= read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }
    }
}
