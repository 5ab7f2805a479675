using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Espalier.Workers.Runs;
using Espalier.Workers.Runs.Stdio;

namespace Espalier.Workers.Trials;

/// <summary>Feeds a process its whole input and hands on its output while it comes, up to a limit.</summary>
internal static class LiveShot
{
    public static Task<OneShotEnd> RunAsync(
        ISandboxProcess process, string input, int outputBytes, Func<SandboxRunOutput, ValueTask> onOutput, CancellationToken cancellationToken) =>
        OneShot.RunAsync(process, input, stop => PumpAsync(process.StandardOutput, outputBytes, onOutput, stop), cancellationToken);

    /// <summary>Empty at the end of the output; null when there is more of it than allowed.</summary>
    private static async Task<ReadOnlyMemory<byte>?> PumpAsync(
        Stream output, int most, Func<SandboxRunOutput, ValueTask> onOutput, CancellationToken cancellationToken)
    {
        var buffer = new byte[16_384];
        var left = most;
        int read;
        while ((read = await output.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await onOutput(new SandboxRunOutput(1, buffer[..Math.Min(read, left)]));
            if ((left -= read) < 0) return null;
        }

        return ReadOnlyMemory<byte>.Empty;
    }
}
