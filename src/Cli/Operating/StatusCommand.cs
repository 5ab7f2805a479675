using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Cli.Servers;
using Espalier.Sdk;

namespace Espalier.Cli.Operating;

/// <summary><c>status</c>: whether a server answers; starts nothing.</summary>
internal static class StatusCommand
{
    public static Command Create(Shell shell) => shell.Verb(
        "status",
        "Shows the server that commands here talk to; starts none",
        async (invocation, _, cancellationToken) =>
        {
            var standing = await FindAsync(invocation, cancellationToken);
            if (standing is null)
            {
                throw new CliError(
                    ExitCodes.Unreachable, "not-running", "No server runs here.", $"Looked for {ServerFolder.Nearest(invocation.Folder).InfoFile}.", "Start one: espalier up --detach");
            }

            invocation.Answer(standing, CliJson.Default.ServerStanding, () =>
            {
                invocation.Line($"url      {standing.Url}");
                invocation.Line($"version  {standing.Version}");
                if (standing.ProcessId is { } process) invocation.Line($"process  {process}");
                if (standing.Data is { } data) invocation.Line($"data     {data}");
                if (standing.OtlpHttp is { } http) invocation.Line($"otlp     {http} (HTTP)");
                if (standing.OtlpGrpc is { } grpc) invocation.Line($"otlp     {grpc} (gRPC)");
                if (standing.OtlpProblem is { } problem) invocation.Line($"otlp     {problem}");
            });
            return ExitCodes.Done;
        });

    internal static async Task<ServerStanding?> FindAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (Connection.Named(invocation) is { } url)
        {
            using var client = Connection.NamedClient(invocation, url);
            try
            {
                return new ServerStanding("running", url.ToString(), null, await client.Server.VersionAsync(cancellationToken), null);
            }
            catch (EspalierException exception)
            {
                throw CliError.From(exception, url);
            }
        }

        var folder = ServerFolder.Nearest(invocation.Folder);
        return await new ServerStarter(invocation, folder).FindAsync(cancellationToken) is { } info
            ? ServerStanding.Of(info, folder.Path)
            : null;
    }
}
