namespace Espalier.Core.Runs;

/// <summary>A started program. Disposing kills its whole process tree and removes what it left.</summary>
public interface ISandboxProcess : IAsyncDisposable
{
    Stream StandardInput { get; }

    Stream StandardOutput { get; }

    /// <summary>The last 4 KiB of standard error.</summary>
    string StderrTail { get; }

    /// <summary>Exit code, or 128 + signal. Completes also after <see cref="Kill"/>.</summary>
    Task<int> WaitForExitAsync(CancellationToken cancellationToken);

    void Kill();

    /// <summary>A connection to the port of a program that <see cref="SandboxSpec.Listens"/>. It may be closed at once while the program does not listen yet.</summary>
    /// <exception cref="IOException">The program is gone.</exception>
    Task<Stream> ConnectAsync(CancellationToken cancellationToken) => throw new NotSupportedException("This sandbox cannot reach a program's port.");

    /// <summary>Ends everything in the sandbox and hands over the files of its workspace.</summary>
    /// <param name="wait">True: only once the program has ended by itself.</param>
    /// <param name="take">Gets each file with its content, one after the other, and may leave some of it unread.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The files could not be read to the end.</exception>
    Task CollectAsync(bool wait, Func<WorkFile, Stream, CancellationToken, Task> take, CancellationToken cancellationToken) =>
        throw new NotSupportedException("This sandbox cannot hand over files.");
}
