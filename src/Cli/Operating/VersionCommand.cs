using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Sdk;

namespace Espalier.Cli.Operating;

/// <summary><c>version</c>: this command's and, when one runs, the server's.</summary>
internal static class VersionCommand
{
    public static Command Create(Shell shell) => shell.Verb(
        "version",
        "Shows the versions of this command and of the server, if one runs",
        async (invocation, _, cancellationToken) =>
        {
            var server = await StatusCommand.FindAsync(invocation, cancellationToken);
            invocation.Answer(new Versions(EspalierClient.Version, server?.Version), CliJson.Default.Versions, () =>
            {
                invocation.Line($"espalier {EspalierClient.Version}");
                if (server is not null) invocation.Line($"server   {server.Version} at {server.Url}");
            });
            return ExitCodes.Done;
        });
}
