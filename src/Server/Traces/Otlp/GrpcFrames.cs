using System.Buffers.Binary;

namespace Espalier.Server.Traces.Otlp;

/// <summary>The messages of a gRPC request: a byte that says whether it is compressed, four for its length, the message; repeated.</summary>
/// <remarks>Reads through whatever pieces the connection delivers. Between two calls of <see cref="NextAsync"/> the stream is one message.</remarks>
internal sealed class GrpcFrames(Stream body, OtlpOptions options) : ReadingStream
{
    public const int HeadBytes = 5;

    private readonly byte[] _head = new byte[HeadBytes];
    private long _left;

    public bool IsCompressed { get; private set; }

    /// <summary>Goes to the next message; false at the end of the request.</summary>
    /// <exception cref="OtlpRefusal">The frame is cut, or announces more than is taken.</exception>
    public async Task<bool> NextAsync(CancellationToken cancellationToken)
    {
        if (_left > 0) throw OtlpRefusal.Malformed($"The message has {_left} bytes after its end.");
        var read = await body.ReadAtLeastAsync(_head, HeadBytes, throwOnEndOfStream: false, cancellationToken);
        if (read == 0) return false;
        if (read < HeadBytes) throw OtlpRefusal.Malformed($"The request ends within the five bytes before a message: {read} came.");
        if (_head[0] > 1) throw OtlpRefusal.Malformed($"The byte before the message's length is {_head[0]}; it is 0, or 1 for a compressed message.");
        IsCompressed = _head[0] == 1;
        _left = BinaryPrimitives.ReadUInt32BigEndian(_head.AsSpan(1));
        return _left <= options.MaxBodyBytes ? true : throw OtlpRefusal.TooLarge(options.MaxBodyBytes);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 || buffer.IsEmpty) return 0;
        var read = await body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
        if (read == 0) throw OtlpRefusal.Malformed($"The request ends {_left} bytes before its message does.");
        _left -= read;
        return read;
    }

    /// <summary>Reads and forgets what a decoder left of the message.</summary>
    public async Task SkipAsync(CancellationToken cancellationToken)
    {
        var scratch = new byte[512];
        while (await ReadAsync(scratch, cancellationToken) > 0)
        {
            // Bytes after the end of a compressed stream mean nothing.
        }
    }
}
