using System.Diagnostics;
using Espalier.Core.Runs;
using Microsoft.Extensions.Logging;

namespace Espalier.Workers.Sandboxes;

/// <summary>A started process with its pipes; cleaning up after it is the sandbox's, through <paramref name="cleanUp"/>.</summary>
internal sealed class SandboxProcess(
    Process process, Func<ReadOnlyMemory<byte>, ValueTask>? onStderr, bool awaitsMark, bool killTree, Func<Task> cleanUp, ILogger logger) : ISandboxProcess
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly StderrPump _stderr = new(process.StandardError.BaseStream, awaitsMark, onStderr);
    private readonly Task<int> _exit = ExitOf(process);
    private int _disposed;

    public Stream StandardInput { get; } = process.StandardInput.BaseStream;

    public Stream StandardOutput { get; } = process.StandardOutput.BaseStream;

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
            process.Kill(killTree);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It ended in this moment by itself.
        }
    }

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
            logger.SandboxLingered(EndLimit, "a process");
        }

        await CloseQuietlyAsync(StandardInput);
        await CloseQuietlyAsync(StandardOutput);
        await CloseQuietlyAsync(process.StandardError.BaseStream);
        process.Dispose();
        await cleanUp();
    }

    private static async Task<int> ExitOf(Process process)
    {
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
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
