using System.Buffers;

namespace Espalier.Gateway.Formats.Events;

/// <summary>Bytes of a stream that do not make a whole event yet. Its memory is rented and has a limit.</summary>
internal sealed class EventBuffer(Stream stream, int limit) : IDisposable
{
    private const int FirstSize = 16 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _end;

    /// <summary>Where the event that is being read begins.</summary>
    public int Start { get; private set; }

    /// <summary>What was looked at already.</summary>
    public int Position { get; set; }

    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(Position, _end - Position);

    public bool HasMore => Position < _end;

    public ReadOnlyMemory<byte> Slice(int from, int to) => _bytes.AsMemory(from, to - from);

    /// <summary>The event's bytes so far; the next event begins behind them.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        var taken = Slice(Start, Position);
        Start = Position;
        return taken;
    }

    /// <summary>Reads on; false at the stream's end. Positions that were kept move by the returned shift.</summary>
    /// <exception cref="EventTooLargeException">The event is larger than the limit.</exception>
    public async ValueTask<(bool Read, int Shift)> FillAsync(CancellationToken cancellationToken)
    {
        var shift = 0;
        if (_end == _bytes.Length || Start > 0)
        {
            shift = Start;
            var target = _bytes;
            if (_end - Start > _bytes.Length / 2)
            {
                if (_end - Start >= limit) throw new EventTooLargeException(limit);
                target = ArrayPool<byte>.Shared.Rent(Math.Min(_bytes.Length * 2, limit + 1));
            }

            Buffer.BlockCopy(_bytes, Start, target, 0, _end - Start);
            if (target != _bytes) ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = target;
            (_end, Position, Start) = (_end - shift, Position - shift, 0);
        }

        var read = await stream.ReadAsync(_bytes.AsMemory(_end), cancellationToken);
        _end += read;
        return (read > 0, shift);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }
}

/// <summary>An event that nobody should have to hold in memory.</summary>
internal sealed class EventTooLargeException(int limit) : IOException($"One event of the stream is larger than {limit >> 20} MiB.");
