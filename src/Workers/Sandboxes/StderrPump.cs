using System.Text;

namespace Espalier.Workers.Sandboxes;

/// <summary>Reads standard error to its end in constant memory and keeps the last 4 KiB. Thread-safe.</summary>
/// <remarks>Also watches for the mark with which the helper says that the sandbox stands (<c>eng/forwarder/forward.c</c>). The mark is the
/// first thing written, before the program is started, so the program can neither forge nor lose it.</remarks>
internal sealed class StderrPump
{
    public const int TailBytes = 4096;

    private static ReadOnlySpan<byte> Mark => "\u0001ready\n"u8;

    private readonly Lock _lock = new();
    private readonly byte[] _ring = new byte[TailBytes];
    private readonly TaskCompletionSource<bool> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<ReadOnlyMemory<byte>, ValueTask>? _listener;
    private long _written;

    public StderrPump(Stream stderr, bool awaitsMark, Func<ReadOnlyMemory<byte>, ValueTask>? listener)
    {
        _listener = listener;
        if (!awaitsMark) _ready.SetResult(true);
        Completed = PumpAsync(stderr, awaitsMark);
    }

    /// <summary>True when the mark came; false when something else came instead or the stream ended.</summary>
    public Task<bool> Ready => _ready.Task;

    /// <summary>Completes at the end of the stream, when nothing holds it open any more. Never fails.</summary>
    public Task Completed { get; }

    public string Tail
    {
        get
        {
            lock (_lock)
            {
                var length = (int)Math.Min(_written, TailBytes);
                var bytes = new byte[length];
                for (var i = 0; i < length; i++) bytes[i] = _ring[(_written - length + i) % TailBytes];
                return Encoding.UTF8.GetString(bytes).TrimEnd();
            }
        }
    }

    private async Task PumpAsync(Stream stderr, bool awaitsMark)
    {
        var buffer = new byte[8192];
        var head = 0;
        try
        {
            int read;
            while ((read = await stderr.ReadAsync(buffer.AsMemory(head), CancellationToken.None)) > 0)
            {
                var end = head + read;
                if (!awaitsMark)
                {
                    await KeepAsync(buffer.AsMemory(0, end));
                    continue;
                }

                if (end < Mark.Length && Mark.StartsWith(buffer.AsSpan(0, end)))
                {
                    head = end;
                    continue;
                }

                var marked = buffer.AsSpan(0, end).StartsWith(Mark);
                await KeepAsync(buffer.AsMemory(marked ? Mark.Length : 0, end - (marked ? Mark.Length : 0)));
                _ready.TrySetResult(marked);
                awaitsMark = false;
                head = 0;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The process was torn down while it wrote; what came until then is kept.
        }
        finally
        {
            _ready.TrySetResult(false);
        }
    }

    private async ValueTask KeepAsync(ReadOnlyMemory<byte> bytes)
    {
        Keep(bytes.Span);
        if (_listener is not null && bytes.Length > 0) await _listener(bytes);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > TailBytes)
        {
            lock (_lock) _written += bytes.Length - TailBytes;
            bytes = bytes[^TailBytes..];
        }

        lock (_lock)
        {
            foreach (var b in bytes) _ring[_written++ % TailBytes] = b;
        }
    }
}
