using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Cli.Servers;
using Espalier.Contracts.Shared;
using Espalier.Sdk;

namespace Espalier.Cli.Operating;

/// <summary><c>up</c>: a server that stays, in front of the terminal or behind it.</summary>
internal static class UpCommand
{
    public static Command Create(Shell shell)
    {
        var detach = new Option<bool>("--detach") { Description = "Return once it is ready, and leave it running" };
        var port = new Option<int?>("--port") { Description = "Port to listen on (7420, or a free one when that is taken)", HelpName = "PORT" };
        var listen = new Option<string?>("--listen") { Description = "Address to listen on (loopback)", HelpName = "ADDR" };
        var data = new Option<string?>("--data") { Description = "Where it keeps its data (.espalier)", HelpName = "DIR" };
        return shell.Verb(
            "up",
            "Starts the server: gateway, REST and the loop in one process",
            async (invocation, parse, cancellationToken) =>
            {
                var wanted = parse.GetValue(port);
                if (wanted is < 1 or > 65_535) throw CliError.Usage($"--port is {wanted}.", "A port is a number from 1 to 65535.", "Leave --port out to take a free one.");
                var folder = parse.GetValue(data) is { } given ? new ServerFolder(invocation.PathOf(given)) : ServerFolder.Nearest(invocation.Folder);
                var starter = new ServerStarter(invocation, folder);
                var (info, started) = await starter.FindOrStartAsync(new ServerStart(wanted, parse.GetValue(listen), null), cancellationToken);
                if (wanted is { } asked && info.Url.Port != asked)
                {
                    throw new CliError(
                        ExitCodes.Refused, "already-running", $"A server runs here already, on port {info.Url.Port}.", $"It serves {folder.Path} (process {info.ProcessId}).", "Use it, or end it first: espalier down");
                }

                Announce(invocation, folder, info, started);
                return parse.GetValue(detach) || !started ? ExitCodes.Done : await StayAsync(invocation, starter, info, cancellationToken);
            },
            detach,
            port,
            listen,
            data);
    }

    private static void Announce(Invocation invocation, ServerFolder folder, ServerAddress info, bool started)
    {
        invocation.Answer(ServerStanding.Of(info, folder.Path), CliJson.Default.ServerStanding, () =>
        {
            invocation.Line($"{(started ? "serving" : "already serving")} {info.Url}");
            invocation.Line($"data    {folder.Path}");
            invocation.Line($"gateway OPENAI_BASE_URL={new Uri(info.Url, "v1")}");
            if (info.OtlpHttp is { } otlp) invocation.Line($"traces  OTEL_EXPORTER_OTLP_ENDPOINT={otlp.ToString().TrimEnd('/')}");
            if (info.OtlpProblem is { } problem) invocation.Warn(problem);
        });
        invocation.Next("espalier status");
    }

    private static async Task<int> StayAsync(Invocation invocation, ServerStarter starter, ServerAddress info, CancellationToken cancellationToken)
    {
        invocation.Say("Ctrl-C ends it");
        try
        {
            while (ServerProcess.IsAlive(info.ProcessId)) await Task.Delay(TimeSpan.FromMilliseconds(250), invocation.Terminal.Time, cancellationToken);
            invocation.Say("the server has ended");
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(12), invocation.Terminal.Time);
            try
            {
                await starter.StopAsync(info, limit.Token);
            }
            catch (EspalierException)
            {
                // It was asked to end and is gone already: the same Ctrl-C may have reached it.
            }

            invocation.Say("ended; start again with `espalier up`");
            return ExitCodes.Interrupted;
        }
    }
}
