using System.Diagnostics;
using Espalier.Core.Runs;
using Microsoft.Extensions.Logging;

namespace Espalier.Workers.Sandboxes;

/// <summary>A started process with its pipes; cleaning up after it is the sandbox's, by a function that is given.</summary>
internal sealed class SandboxProcess : ISandboxProcess
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long an ended program's last words may still be on their way; something that it started may hold the pipe for ever.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(500);

    private readonly StderrPump _stderr;
    private readonly Task<int> _exit;
    private int _disposed;

    private readonly Process _process;
    private readonly bool _killTree;
    private readonly Func<Task> _cleanUp;
    private readonly ILogger _logger;

    /// <param name="process">With all three pipes.</param>
    /// <param name="onStderr">Gets standard error while it comes; null: nobody does.</param>
    /// <param name="awaitsMark">Whether the helper says first that the sandbox stands.</param>
    /// <param name="killTree">Whether children must be killed one by one.</param>
    /// <param name="cleanUp">Called once, when everything has ended.</param>
    /// <param name="logger">Told what would not end.</param>
    public SandboxProcess(
        Process process, Func<ReadOnlyMemory<byte>, ValueTask>? onStderr, bool awaitsMark, bool killTree, Func<Task> cleanUp, ILogger logger)
    {
        (_process, _killTree, _cleanUp, _logger) = (process, killTree, cleanUp, logger);
        StandardInput = process.StandardInput.BaseStream;
        StandardOutput = process.StandardOutput.BaseStream;
        _stderr = new StderrPump(process.StandardError.BaseStream, awaitsMark, onStderr);
        _exit = ExitAsync();
    }

    /// <summary>How the program's port is reached; null when it has none.</summary>
    public Func<CancellationToken, Task<Stream>>? Port { get; init; }

    /// <summary>How its files are had at the end; null when nobody wants them.</summary>
    public Func<bool, Func<WorkFile, Stream, CancellationToken, Task>, CancellationToken, Task>? Collector { get; init; }

    public Stream StandardInput { get; }

    public Stream StandardOutput { get; }

    public string StderrTail => _stderr.Tail;

    /// <summary>Returns when the sandbox stands; the program is started right after.</summary>
    /// <exception cref="SandboxFault">It could not be set up.</exception>
    public async Task WaitUntilReadyAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        bool ready;
        try
        {
            ready = await _stderr.Ready.WaitAsync(limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new SandboxFault($"The sandbox was not set up within {limit.TotalSeconds:0} s.", StderrTail);
        }

        if (ready) return;
        Kill();
        await Task.WhenAny(_stderr.Completed, Task.Delay(EndLimit, cancellationToken));
        throw new SandboxFault("The sandbox could not be set up.", StderrTail);
    }

    public Task<int> WaitForExitAsync(CancellationToken cancellationToken) => _exit.WaitAsync(cancellationToken);

    public void Kill()
    {
        try
        {
            _process.Kill(_killTree);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It ended in this moment by itself.
        }
    }

    public Task<Stream> ConnectAsync(CancellationToken cancellationToken) =>
        Port is { } port ? port(cancellationToken) : throw new InvalidOperationException("The program was not started to serve a port.");

    public Task CollectAsync(bool wait, Func<WorkFile, Stream, CancellationToken, Task> take, CancellationToken cancellationToken) =>
        Collector is { } collect ? collect(wait, take, cancellationToken) : throw new InvalidOperationException("The program was not started with a workspace to collect.");

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        Kill();
        try
        {
            // Standard error ends when the last process that holds it is gone, so this waits for the whole tree and not its root alone.
            await Task.WhenAll(_exit, _stderr.Completed).WaitAsync(EndLimit);
        }
        catch (TimeoutException)
        {
            _logger.SandboxLingered(EndLimit, "a process");
        }

        await CloseQuietlyAsync(StandardInput);
        await CloseQuietlyAsync(StandardOutput);
        await CloseQuietlyAsync(_process.StandardError.BaseStream);
        _process.Dispose();
        await _cleanUp();
    }

    private async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        var code = _process.ExitCode;
        await Task.WhenAny(_stderr.Completed, Task.Delay(LastWords));
        return code;
    }

    private static async Task CloseQuietlyAsync(Stream stream)
    {
        try
        {
            await stream.DisposeAsync();
        }
        catch (IOException)
        {
            // Unsent input to a process that is gone.
        }
    }
}
