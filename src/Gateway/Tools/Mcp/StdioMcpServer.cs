using System.Collections.Concurrent;
using System.Text.Json;
using Espalier.Core.Runs;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>An MCP server that is a process: one message a line on its standard input and output.</summary>
/// <remarks>Several runs share it, each request under an id of ours. What it asks of its client is refused: nobody could say whose it is.</remarks>
internal sealed class StdioMcpServer : IMcpServer
{
    private readonly ISandboxProcess _process;
    private readonly string _name;
    private readonly int _maxBytes;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ConcurrentDictionary<long, Waiting> _waiting = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _reading;
    private long _ids;
    private int _changes;
    private volatile ToolFailure? _closed;

    public StdioMcpServer(ISandboxProcess process, string name, int maxBytes)
    {
        (_process, _name, _maxBytes) = (process, name, maxBytes);
        _reading = ReadAsync();
    }

    public bool IsClosed => _closed is not null;

    public int Changes => Volatile.Read(ref _changes);

    public async Task<string> RequestAsync(string method, string? parameters, Func<string, ValueTask>? onProgress, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _ids);
        var waiting = _waiting[id] = new Waiting(onProgress);
        try
        {
            if (_closed is { } closed) throw closed;
            await WriteAsync(JsonRpc.Request(id, method, McpParameters.WithProgress(parameters, onProgress is null ? null : id)), cancellationToken);
            return await waiting.Answer.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (method != "initialize") await TellCancelledAsync(id);
            throw;
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    public Task NotifyAsync(string method, CancellationToken cancellationToken) => WriteAsync(JsonRpc.Notification(method), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Close("it was ended");
        await _closing.CancelAsync();
        await _process.DisposeAsync();
        await _reading;
        _closing.Dispose();
        _writing.Dispose();
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        try
        {
            await _writing.WaitAsync(cancellationToken);
        }
        catch (ObjectDisposedException)
        {
            throw Close("it was ended");
        }

        try
        {
            // A message that was begun must be ended, or the next one would be read as its rest.
            await _process.StandardInput.WriteAsync((byte[])[.. message.Span, (byte)'\n'], _closing.Token);
            await _process.StandardInput.FlushAsync(_closing.Token);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            throw Close("it takes no more messages");
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task TellCancelledAsync(long id)
    {
        try
        {
            await WriteAsync(JsonRpc.Notification("notifications/cancelled", $$"""{"requestId":{{id}}}"""), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(1), _closing.Token);
        }
        catch (Exception e) when (e is ToolFailure or TimeoutException or ObjectDisposedException or OperationCanceledException)
        {
            // It is a courtesy.
        }
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        var why = "it ended";
        try
        {
            var buffer = new byte[16 * 1024];
            var (start, end) = (0, 0);
            while (true)
            {
                var line = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
                if (line >= 0)
                {
                    await TakeAsync(buffer.AsMemory(start, line));
                    start += line + 1;
                    continue;
                }

                if (end - start > _maxBytes)
                {
                    why = $"it wrote a message of more than {_maxBytes >> 10} KiB";
                    break;
                }

                if (start > 0) Buffer.BlockCopy(buffer, start, buffer, 0, end - start);
                (start, end) = (0, end - start);
                if (end == buffer.Length) Array.Resize(ref buffer, Math.Min(buffer.Length * 2, _maxBytes + buffer.Length));
                var read = await _process.StandardOutput.ReadAsync(buffer.AsMemory(end), _closing.Token);
                if (read == 0) break;
                end += read;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It is told as an end.
        }

        Close(why);
        _process.Kill();
    }

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonRpc.ParseAnswer(line);
            await TakeAsync(document.RootElement);
        }
        catch (JsonException)
        {
            // Servers print logs where messages belong.
        }
    }

    private async ValueTask TakeAsync(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object) return;
        var method = message.TryText("method");
        var hasId = message.TryGetProperty("id", out var id);
        if (method is null)
        {
            if (hasId && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var own) && _waiting.TryGetValue(own, out var waiting)) waiting.Answer.TrySetResult(McpAnswers.Of(message));
            return;
        }

        if (hasId)
        {
            // In a task of its own it could pass us; here a server that does not read would stop us only until it is full.
            var answer = method == "ping" ? JsonRpc.Response(id.GetRawText(), """{"result":{}}""") : JsonRpc.Error(id.GetRawText(), ToolRefusal.MethodNotFound, "This client serves no requests of servers.");
            try
            {
                await WriteAsync(answer, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5), _closing.Token);
            }
            catch (Exception e) when (e is ToolFailure or TimeoutException)
            {
                // It does not read what it asked for.
            }

            return;
        }

        if (method == "notifications/tools/list_changed") Interlocked.Increment(ref _changes);
        else if (method == "notifications/progress" && message.TryObject("params") is { } progress && progress.TryGetProperty("progressToken", out var token)
            && token.ValueKind == JsonValueKind.Number && token.TryGetInt64(out var of) && _waiting.TryGetValue(of, out var asked) && asked.OnProgress is { } tell)
        {
            await tell(progress.GetRawText());
        }
    }

    private ToolFailure Close(string why)
    {
        var closed = _closed ??= new ToolFailure($"The tool server '{_name}' is gone: {why}. It is started again with the next call.");
        foreach (var waiting in _waiting.Values) waiting.Answer.TrySetException(closed);
        return closed;
    }

    private sealed class Waiting(Func<string, ValueTask>? onProgress)
    {
        public TaskCompletionSource<string> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Func<string, ValueTask>? OnProgress => onProgress;
    }
}
