using System.Buffers;
using System.IO.Compression;

namespace Espalier.Server.Traces.Otlp;

/// <summary>One body in memory, decompressed: pooled, growing as it arrives, so that an announced length costs nothing by itself.</summary>
/// <remarks>What it holds is counted in the budget, and given back with <see cref="Dispose"/>. Not thread-safe.</remarks>
internal sealed class BodyBuffer(ByteBudget budget, OtlpOptions options) : IDisposable
{
    private const int FirstBytes = 32 * 1024;

    // Below this even a body of blanks is no burden.
    private const int FreeOfRatio = 1 << 20;

    private byte[] _bytes = [];
    private int _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Reads all that comes, in place of what was here before.</summary>
    /// <param name="encoding">As <c>content-encoding</c> and <c>grpc-encoding</c> name it.</param>
    /// <exception cref="OtlpRefusal">Too large, too dense, not what its encoding says, or no room for it now.</exception>
    public async Task FillAsync(Stream source, string encoding, CancellationToken cancellationToken)
    {
        _length = 0;
        if (encoding is "" or "identity")
        {
            await ReadAsync(source, null, cancellationToken);
            return;
        }

        var sent = new CountingStream(source);
        await using var decoded = Decoder(sent, encoding);
        try
        {
            await ReadAsync(decoded, sent, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            throw OtlpRefusal.Malformed($"The body is no whole {encoding} stream: it cannot be decompressed after {_length} bytes. Nothing of it was stored.");
        }
    }

    public void Dispose()
    {
        Release(_bytes);
        (_bytes, _length) = ([], 0);
    }

    private static Stream Decoder(Stream sent, string encoding) => encoding switch
    {
        "gzip" or "x-gzip" => new GZipStream(sent, CompressionMode.Decompress, leaveOpen: true),
        "deflate" => new ZLibStream(sent, CompressionMode.Decompress, leaveOpen: true),
        "br" => new BrotliStream(sent, CompressionMode.Decompress, leaveOpen: true),
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "Not an encoding that is offered."),
    };

    private async Task ReadAsync(Stream source, CountingStream? sent, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_length == options.MaxBodyBytes)
            {
                if (await source.ReadAsync(new byte[1], cancellationToken) == 0) return;
                throw OtlpRefusal.TooLarge(options.MaxBodyBytes);
            }

            if (_length == _bytes.Length) Grow();
            var room = Math.Min(_bytes.Length, options.MaxBodyBytes) - _length;
            var read = await source.ReadAsync(_bytes.AsMemory(_length, room), cancellationToken);
            if (read == 0) return;
            _length += read;
            if (sent is not null && _length > FreeOfRatio && _length > sent.Count * options.MaxRatio) throw OtlpRefusal.TooDense(options.MaxRatio);
        }
    }

    private void Grow()
    {
        var capacity = (int)Math.Min(Math.Max(FirstBytes, _bytes.Length * 2L), Math.Max(FirstBytes, options.MaxBodyBytes));
        var larger = ArrayPool<byte>.Shared.Rent(capacity);
        if (!budget.TryTake(larger.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            throw OtlpRefusal.Busy("Too many bodies are being received.", options.RetryAfter);
        }

        _bytes.AsSpan(0, _length).CopyTo(larger);
        Release(_bytes);
        _bytes = larger;
    }

    private void Release(byte[] bytes)
    {
        if (bytes.Length == 0) return;
        budget.Give(bytes.Length);
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
