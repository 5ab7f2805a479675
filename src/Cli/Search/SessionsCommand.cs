using System.CommandLine;
using System.Text.Json;
using Espalier.Cli.Agents;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Search;

namespace Espalier.Cli.Search;

/// <summary><c>sessions list|show|watch|log|stop</c>.</summary>
internal static class SessionsCommand
{
    public static Command Create(Shell shell) => Shell.Noun("sessions", "Searches: running, ended, interrupted", List(shell), Show(shell), Watch(shell), Log(shell), Stop(shell));

    private static Argument<string?> Session() => new("session") { HelpName = "SESSION", Arity = ArgumentArity.ZeroOrOne, Description = "Id, name or last (the newest)" };

    private static Command List(Shell shell)
    {
        var agentFlag = Flags.Agent();
        return shell.Connected(
            "list",
            "Lists sessions",
            async (invocation, client, parse, cancellationToken) =>
            {
                var page = await client.Sessions.ListAsync(parse.GetValue(agentFlag), cancellationToken);
                invocation.Answer(page, ContractsJson.Default.PageSessionSummary, () =>
                {
                    var rows = new Rows("session", "name", "agent", "state", "phase", "candidates", "spent", "budget", "created");
                    foreach (var session in page.Items)
                    {
                        rows.Add(
                            session.Id.Value, session.Name ?? "", session.Agent, session.State.ToString().ToLowerInvariant(), session.Phase, session.Candidates.ToString(),
                            Text.Money(session.Spent), Text.Money(session.Budget), session.CreatedAt.ToString("u"));
                    }

                    rows.Write(invocation);
                });
                return ExitCodes.Done;
            },
            agentFlag);
    }

    private static Command Show(Shell shell)
    {
        var name = Session();
        return shell.Connected(
            "show",
            "Shows where a session stands",
            async (invocation, client, parse, cancellationToken) =>
            {
                var session = await client.Sessions.GetAsync(await SessionChoice.ResolveAsync(client, parse.GetValue(name), cancellationToken), cancellationToken);
                invocation.Answer(session, ContractsJson.Default.SessionSummary, () => Write(invocation, session));
                return ExitCodes.Done;
            },
            name);
    }

    private static Command Watch(Shell shell)
    {
        var name = Session();
        return shell.Connected(
            "watch",
            "Follows a session until it ends; with --json one line per change",
            async (invocation, client, parse, cancellationToken) =>
            {
                var id = await SessionChoice.ResolveAsync(client, parse.GetValue(name), cancellationToken);
                using var block = new ProgressBlock(invocation);
                var ended = await SessionWatch.FollowAsync(
                    client,
                    id,
                    invocation.Again,
                    standing =>
                    {
                        if (invocation.Json) invocation.WriteJson(JsonSerializer.SerializeToNode(standing, ContractsJson.Default.SessionSummary));
                        else block.Show(SessionLines.Of(standing, invocation.Plain));
                    },
                    cancellationToken);
                block.Dispose();
                if (!invocation.Json) Write(invocation, ended);
                if (ended.State == SessionState.Completed) invocation.Next($"espalier frontier {id}");
                if (SessionWatch.Trouble(ended, invocation.Again) is { } trouble) throw trouble;
                return ExitCodes.Done;
            },
            name);
    }

    private static Command Log(Shell shell)
    {
        var name = Session();
        var after = new Option<int?>("--after") { HelpName = "N", Description = "Only events after this number" };
        return shell.Connected(
            "log",
            "Prints the session's events as JSON lines",
            async (invocation, client, parse, cancellationToken) =>
            {
                var id = await SessionChoice.ResolveAsync(client, parse.GetValue(name), cancellationToken);
                await foreach (var entry in client.Sessions.LogAsync(id, parse.GetValue(after), cancellationToken))
                    invocation.Terminal.Out.WriteLine(JsonSerializer.Serialize(entry, ContractsJson.Default.StoredSessionEvent));
                return ExitCodes.Done;
            },
            name,
            after);
    }

    private static Command Stop(Shell shell)
    {
        var name = Session();
        return shell.Connected(
            "stop",
            "Ends a session after the runs that are under way",
            async (invocation, client, parse, cancellationToken) =>
            {
                var id = await SessionChoice.ResolveAsync(client, parse.GetValue(name), cancellationToken);
                var session = await client.Sessions.StopAsync(id, cancellationToken);
                invocation.Answer(session, ContractsJson.Default.SessionSummary, () => Write(invocation, session));
                invocation.Next($"espalier optimize --resume {id}");
                return ExitCodes.Done;
            },
            name);
    }

    private static void Write(Invocation invocation, SessionSummary session)
    {
        invocation.Line($"session     {session.Id}{(session.Name is { } name ? $" ({name})" : "")}");
        invocation.Line($"agent       {session.Agent}, {session.Goal.ToString().ToLowerInvariant()}, seed {session.Seed}");
        invocation.Line($"state       {session.State.ToString().ToLowerInvariant()}: {session.Phase}");
        invocation.Line($"candidates  {session.Candidates}, {session.Pruned} pruned, {session.Runs} runs in {session.Round} rounds");
        invocation.Line($"money       spent {Text.Money(session.Spent)}, reserved {Text.Money(session.Reserved)}, limit {Text.Money(session.Budget)}");
        if (session.LastDecision is { } decision) invocation.Line($"decision    {decision}");
        if (session.Reason is { } reason) invocation.Line($"reason      {reason}");
        if (session.Fix is { } fix) invocation.Line($"fix         {fix}");
    }
}
