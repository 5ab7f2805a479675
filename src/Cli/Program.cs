using System.Runtime.InteropServices;
using Espalier.Cli.Output;

namespace Espalier.Cli;

internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        var terminated = false;
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => terminated = true);
        var exit = await CommandLine.RunAsync(Terminal.OfProcess(), args, CancellationToken.None);
        return exit == ExitCodes.Interrupted && terminated ? ExitCodes.Terminated : exit;
    }
}
