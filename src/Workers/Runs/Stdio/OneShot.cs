using System.Text;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs.Stdio;

/// <summary>Feeds a process its whole input and takes its whole output.</summary>
internal static class OneShot
{
    /// <summary>How long output may still come after the program ended, when something it started holds the pipe.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>Returns when the program ended or wrote too much; the caller disposes the process in any case.</summary>
    public static Task<OneShotEnd> RunAsync(ISandboxProcess process, string input, int outputBytes, CancellationToken cancellationToken) =>
        RunAsync(process, input, stop => new BoundedReader(process.StandardOutput, outputBytes).ReadToEndAsync(stop), cancellationToken);

    /// <summary>The same, with the output read by <paramref name="read"/>, which answers null when it is too much.</summary>
    public static async Task<OneShotEnd> RunAsync(
        ISandboxProcess process, string input, Func<CancellationToken, Task<ReadOnlyMemory<byte>?>> read, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feeding = FeedAsync(process.StandardInput, input, ended.Token);
        var reading = read(ended.Token);
        var exit = process.WaitForExitAsync(cancellationToken);
        try
        {
            if (await Task.WhenAny(reading, exit) == exit)
            {
                await exit;
                ended.CancelAfter(Grace);
            }

            if (await reading is not { } output)
            {
                process.Kill();
                return new OneShotEnd(TooMuch: true, await exit, "");
            }

            return new OneShotEnd(TooMuch: false, await exit, Encoding.UTF8.GetString(output.Span).TrimEnd());
        }
        catch (OperationCanceledException) when (exit.IsCompletedSuccessfully && !cancellationToken.IsCancellationRequested)
        {
            return new OneShotEnd(TooMuch: false, await exit, "");
        }
        finally
        {
            process.Kill();
            await ended.CancelAsync();
            await feeding;
        }
    }

    private static async Task FeedAsync(Stream stdin, string input, CancellationToken cancellationToken)
    {
        try
        {
            await stdin.WriteAsync(Encoding.UTF8.GetBytes(input), cancellationToken);
            await stdin.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // A program may end, or answer, without reading its input.
        }
    }
}

internal readonly record struct OneShotEnd(bool TooMuch, int ExitCode, string Output);
