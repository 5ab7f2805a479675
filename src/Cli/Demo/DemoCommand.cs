using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Cli.Servers;

namespace Espalier.Cli.Demo;

/// <summary><c>espalier demo</c>: the whole loop on a bundled support agent, in a folder and on a server of its own.</summary>
internal static class DemoCommand
{
    public static Command Create(Shell shell)
    {
        var flags = new DemoFlags();
        return shell.Verb(
            "demo",
            "The whole loop on a bundled support agent and its requests, offline, in minutes",
            (invocation, parse, cancellationToken) => RunAsync(invocation, flags.Read(parse), cancellationToken),
            flags.All);
    }

    private static async Task<int> RunAsync(Invocation invocation, DemoOptions options, CancellationToken cancellationToken)
    {
        var requests = await DemoRequests.ReadAsync(invocation, options, cancellationToken);
        var models = await DemoModels.ChooseAsync(invocation, options, cancellationToken);
        var folder = DemoFolder.Create(invocation, options);
        folder.CopyAgent(DemoFolder.FindSample(), options.Data is null ? null : requests.Labels, models.Own);
        invocation.Say($"demo: {requests.All.Count} requests, {requests.Labels.Count} intents, seed {options.Seed}, budget {Text.Money(options.Budget)}, models {string.Join(", ", models.Names)}");
        invocation.Say($"folder: {folder.Path}");

        var starter = new ServerStarter(invocation, folder.Server);
        var (info, _) = await starter.FindOrStartAsync(ServerStart.OnDemand, cancellationToken);
        using var client = starter.Client(info);
        var run = new DemoRun(invocation, options, folder, client, models.Names);
        try
        {
            var result = await run.RunAsync(requests, cancellationToken);
            DemoEnding.Write(invocation, run, result, folder);
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            var resume = run.Session is { } session ? Text.InFolder($"espalier optimize --resume {session}", folder.Path) : "espalier demo";
            throw new CliError(ExitCodes.Interrupted, "interrupted", "Interrupted.", $"What was done so far is in {folder.Path}.", $"Go on with `{resume}`.");
        }
        finally
        {
            if (!options.Keep) await StopAsync(invocation, starter, info);
        }
    }

    // The commands that the demo ends with start the server again on the same data.
    private static async Task StopAsync(Invocation invocation, ServerStarter starter, Contracts.Shared.ServerAddress info)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), invocation.Terminal.Time);
        try
        {
            await starter.StopAsync(info, limit.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or Sdk.EspalierException)
        {
            if (!ServerProcess.IsAlive(info.ProcessId)) return;
            invocation.Warn($"the demo's server (process {info.ProcessId}) did not end in time; it stops by itself after 30 idle minutes");
        }
    }
}
