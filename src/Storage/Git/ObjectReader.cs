using System.Globalization;
using System.Text;

namespace Espalier.Storage.Git;

/// <summary>The reading end of one <c>git cat-file --batch</c>: ask for names, get objects in the same order.</summary>
internal sealed class ObjectReader(Stream input, Stream output, CancellationToken cancellationToken)
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    public static GitCall Call(string repository) => new(repository, "cat-file", "--batch");

    public async Task AskAsync(IEnumerable<string> names)
    {
        var lines = Encoding.ASCII.GetBytes(string.Concat(names.Select(name => name + "\n")));
        await input.WriteAsync(lines, cancellationToken);
        await input.FlushAsync(cancellationToken);
    }

    /// <summary>The next object; null when the name that was asked for names nothing, or several things.</summary>
    /// <param name="check">Sees id, type and size before any content is read, and throws when it does not like them.</param>
    public async Task<GitObject?> NextAsync(Action<string, string, long>? check = null)
    {
        var header = await ReadLineAsync();
        if (header.Split(' ') is not [var id, var type, var size] || !long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
            return null;
        check?.Invoke(id, type, bytes);
        if (bytes > RepositoryLimits.FileBytes) throw new InvalidDataException($"Object {id} has {bytes} bytes.");
        var content = new byte[bytes];
        await ReadExactlyAsync(content);
        await ReadExactlyAsync(new byte[1]);
        return new GitObject(id, type, content);
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end) await FillAsync();
            var end = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            line.Append(Encoding.ASCII.GetString(_buffer, _start, (end < 0 ? _end : end) - _start));
            _start = end < 0 ? _end : end + 1;
            if (end >= 0) return line.ToString();
            if (line.Length > 4096) throw new InvalidDataException("git cat-file answered with a line that has no end.");
        }
    }

    private async Task ReadExactlyAsync(Memory<byte> target)
    {
        while (target.Length > 0)
        {
            if (_start == _end) await FillAsync();
            var count = Math.Min(target.Length, _end - _start);
            _buffer.AsMemory(_start, count).CopyTo(target);
            _start += count;
            target = target[count..];
        }
    }

    private async Task FillAsync()
    {
        (_start, _end) = (0, await output.ReadAsync(_buffer, cancellationToken));
        if (_end == 0) throw new EndOfStreamException("git cat-file ended before it had answered.");
    }
}

internal sealed record GitObject(string Id, string Type, byte[] Content);
