using Espalier.Cli.Frontiers;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Search;
using Espalier.Sdk;

namespace Espalier.Cli.Search;

/// <summary>Waits for a session and says how it ended; Ctrl-C stops it and says how to go on.</summary>
internal static class SessionEnding
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(8);

    public static async Task<int> WaitAsync(
        Invocation invocation, EspalierClient client, SessionSummary session, bool detach, CancellationToken cancellationToken)
    {
        var id = session.Id.Value;
        if (detach && session.State == SessionState.Running)
        {
            invocation.Answer(session, ContractsJson.Default.SessionSummary, () => invocation.Line(id));
            invocation.Next($"espalier sessions watch {id}");
            return ExitCodes.Done;
        }

        using var block = new ProgressBlock(invocation);
        SessionSummary ended;
        try
        {
            ended = await SessionWatch.FollowAsync(client, id, invocation.Again, standing => block.Show(SessionLines.Of(standing, invocation.Plain)), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            block.Dispose();
            throw await StopAsync(invocation, client, id);
        }

        block.Dispose();
        return await TellAsync(invocation, client, ended, cancellationToken);
    }

    private static async Task<int> TellAsync(Invocation invocation, EspalierClient client, SessionSummary ended, CancellationToken cancellationToken)
    {
        var id = ended.Id.Value;
        if (SessionWatch.Trouble(ended, invocation.Again) is { } trouble) throw trouble;
        var report = await client.Frontiers.GetAsync(id, cancellationToken);
        invocation.Answer(report, ContractsJson.Default.FrontierReport, () => FrontierOutput.Write(invocation, report));
        var best = FrontierVerdict.Of(report).Best;
        invocation.Next(best is null ? $"espalier frontier {id} -o report.html" : $"espalier release {Text.Short(best.Version.Value)}");
        if (report.Stop.Rule != "budget") return ExitCodes.Done;
        invocation.Say($"stopped at the budget of {Text.Money(ended.Budget)}; the result above is confirmed");
        return ExitCodes.StoppedAtLimit;
    }

    private static async Task<CliError> StopAsync(Invocation invocation, EspalierClient client, string id)
    {
        invocation.Say("stopping the session; runs that are under way end first");
        using var limit = new CancellationTokenSource(StopPatience, invocation.Terminal.Time);
        var state = "It was asked to stop.";
        try
        {
            var session = await client.Sessions.StopAsync(id, limit.Token);
            while (session.State == SessionState.Running)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), invocation.Terminal.Time, limit.Token);
                session = await client.Sessions.GetAsync(id, limit.Token);
            }

            state = $"It has stopped after spending {Text.Money(session.Spent)}.";
        }
        catch (Exception exception) when (exception is OperationCanceledException or EspalierException)
        {
            state = "It was asked to stop and is ending its last runs.";
        }

        return new CliError(ExitCodes.Interrupted, "interrupted", $"Session {id} was interrupted.", state, $"Go on with `{invocation.Again($"espalier optimize --resume {id}")}`.");
    }
}
