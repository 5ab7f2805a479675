using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Cli.Servers;

namespace Espalier.Cli.Operating;

/// <summary><c>down</c>: asks the local server to end. It is never killed.</summary>
internal static class DownCommand
{
    public static Command Create(Shell shell) => shell.Verb(
        "down",
        "Ends the server that serves this folder",
        async (invocation, _, cancellationToken) =>
        {
            var folder = ServerFolder.Nearest(invocation.Folder);
            var starter = new ServerStarter(invocation, folder);
            if (await starter.FindAsync(cancellationToken) is not { } info)
            {
                invocation.Answer(new ServerStanding("not_running", null, null, null, folder.Path), CliJson.Default.ServerStanding, () => invocation.Line("no server runs here"));
                return ExitCodes.Done;
            }

            if (!await starter.StopAsync(info, cancellationToken))
            {
                throw new CliError(
                    ExitCodes.Unreachable, "still-running", $"The server (process {info.ProcessId}) has not ended after 10 s.", "It may be finishing work.", $"Try again; if it hangs, end process {info.ProcessId} yourself.");
            }

            invocation.Answer(
                new ServerStanding("stopped", info.Url.ToString(), info.ProcessId, info.Version, folder.Path), CliJson.Default.ServerStanding, () => invocation.Line($"ended the server at {info.Url}"));
            return ExitCodes.Done;
        });
}
