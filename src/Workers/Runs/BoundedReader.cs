namespace Espalier.Workers.Runs;

/// <summary>Reads what a program writes, never keeping more than the limit. Not thread-safe.</summary>
internal sealed class BoundedReader(Stream stream, int limit)
{
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>True when the program wrote more than was asked for.</summary>
    public bool HasLeftover => _end > _start;

    /// <summary>The rest of the stream; null when it is longer than the limit.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReadToEndAsync(CancellationToken cancellationToken)
    {
        while (await FillAsync(cancellationToken))
        {
            if (_end - _start > limit) return null;
        }

        return _buffer.AsMemory(_start, _end - _start);
    }

    /// <summary>The next line without its end, valid until the next call.</summary>
    public async Task<Line> ReadLineAsync(CancellationToken cancellationToken)
    {
        for (var seen = 0; ;)
        {
            var at = _buffer.AsSpan(_start + seen, _end - _start - seen).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = _buffer.AsMemory(_start, seen + at);
                _start += seen + at + 1;
                return new Line(LineEnd.Complete, line);
            }

            seen = _end - _start;
            if (seen > limit) return new Line(LineEnd.TooLong, default);
            if (!await FillAsync(cancellationToken)) return new Line(LineEnd.Closed, _buffer.AsMemory(_start, seen));
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start == _end) _start = _end = 0;
        if (_end == _buffer.Length)
        {
            // Room first by moving, then by doubling; one page more than the limit is never needed.
            var kept = _end - _start;
            var target = kept > _buffer.Length / 2 ? new byte[Math.Min(2 * _buffer.Length, limit + 4096)] : _buffer;
            if (target.Length == kept) target = new byte[kept + 4096];
            _buffer.AsSpan(_start, kept).CopyTo(target);
            (_buffer, _start, _end) = (target, 0, kept);
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }
}

/// <summary>Closed: the stream ended, with what came after the last line end.</summary>
internal enum LineEnd
{
    Complete,
    Closed,
    TooLong,
}

internal readonly record struct Line(LineEnd End, ReadOnlyMemory<byte> Bytes);
