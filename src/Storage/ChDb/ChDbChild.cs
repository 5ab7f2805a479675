using System.Diagnostics;

namespace Espalier.Storage.ChDb;

/// <summary>One life of the engine's process: started, ready, ended.</summary>
internal sealed class ChDbChild : IDisposable
{
    private const int KeptLines = 50;

    private readonly Process _process;
    private readonly Queue<string> _lines = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChDbChild(Process process) => _process = process;

    public int Id { get; private set; }

    public int ExitCode => _process.ExitCode;

    public static ChDbChild Start(ProcessStartInfo info)
    {
        var process = new Process { StartInfo = info };
        var child = new ChDbChild(process);
        process.OutputDataReceived += (_, line) =>
        {
            // The process says when it listens; asking it over and over would cost the start a tenth of its time.
            if (line.Data?.StartsWith("ready", StringComparison.Ordinal) == true) child._ready.TrySetResult();
        };
        process.ErrorDataReceived += (_, line) => child.Keep(line.Data);
        process.Start();
        child.Id = process.Id;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    public IReadOnlyList<string> LastLines()
    {
        lock (_lines) return [.. _lines];
    }

    /// <summary>False when the process ended, or the time passed, before it was ready.</summary>
    public async Task<bool> WaitReadyAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(_ready.Task, _process.WaitForExitAsync(stop.Token), Task.Delay(patience, time, stop.Token));
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return first == _ready.Task;
    }

    public Task WaitExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public void Kill()
    {
        if (!_process.HasExited) _process.Kill();
    }

    /// <summary>Closes its input, on which it stops by itself; ends it by force when it does not.</summary>
    public async Task StopAsync(TimeSpan patience, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(patience, time);
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose() => _process.Dispose();

    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > KeptLines) _lines.Dequeue();
        }
    }
}
