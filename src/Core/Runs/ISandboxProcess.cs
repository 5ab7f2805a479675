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
}
