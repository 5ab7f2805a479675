using System.CommandLine;
using Espalier.Cli.Agents;
using Espalier.Cli.Datasets;
using Espalier.Cli.Judging;
using Espalier.Cli.Output;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Sdk;

namespace Espalier.Cli.Search;

/// <summary><c>optimize</c>: forecast and ceiling, a yes, then a search that is watched to its end.</summary>
internal static class OptimizeCommand
{
    public static Command Create(Shell shell)
    {
        var flags = new OptimizeFlags();
        return shell.Connected(
            "optimize",
            "Searches for better and cheaper versions within a budget",
            async (invocation, client, parse, cancellationToken) =>
            {
                if (parse.GetResult(flags.Resume) is { Implicit: false })
                    return await ResumeAsync(invocation, client, parse.GetValue(flags.Resume), parse.GetValue(flags.Detach), cancellationToken);
                var started = await StartAsync(invocation, client, flags, parse, cancellationToken);
                if (started is null) return ExitCodes.Refused;
                invocation.Say($"session {started.Id} started");
                return await SessionEnding.WaitAsync(invocation, client, started, parse.GetValue(flags.Detach), cancellationToken);
            },
            flags.All);
    }

    private static async Task<SessionSummary?> StartAsync(
        Invocation invocation, EspalierClient client, OptimizeFlags flags, ParseResult parse, CancellationToken cancellationToken)
    {
        var goal = OptimizeFlags.ReadGoal(parse.GetValue(flags.Goal)!);
        var asked = parse.GetValue(flags.Budget) is { } money ? Money.Read(money, "--budget") : (Usd?)null;
        var agent = await AgentChoice.FindAsync(invocation, client, parse.GetValue(flags.Agent), cancellationToken);
        var revision = await DatasetChoice.FindAsync(
            invocation, client, agent.Agent, parse.GetValue(flags.Dataset), parse.GetValue(flags.Data), parse.GetValue(flags.Seed), cancellationToken);
        var ceiling = asked ?? agent.Contract.Budget.Session ?? throw CliError.Usage(
            "How much may it spend?", $"Neither --budget nor budget.session in {agent.Agent}'s espalier.yaml says it.", "Add --budget 2usd");
        var baseline = parse.GetValue(flags.Baseline) is { } named ? await VersionChoice.ResolveAsync(client, agent, named, cancellationToken) : null;
        await ForecastAsync(invocation, client, agent, revision.Search, revision.Confirm, ceiling, parse.GetValue(flags.EvaluationCases), cancellationToken);
        if (asked is null && !invocation.Yes && !invocation.Confirm($"Spend at most {Text.Money(ceiling)}?", "--budget MONEY or --yes")) return null;
        return await client.Sessions.StartAsync(
            new StartSessionRequest
            {
                Agent = agent.Agent,
                Dataset = revision.Id.Value,
                Baseline = baseline,
                Goal = goal,
                Budget = ceiling,
                Seed = parse.GetValue(flags.Seed),
                Models = parse.GetValue(flags.Models) is { Length: > 0 } models ? models : null,
                EvaluationCases = parse.GetValue(flags.EvaluationCases),
                MaxRounds = parse.GetValue(flags.MaxRounds),
                Name = parse.GetValue(flags.Name),
            },
            cancellationToken);
    }

    private static async Task ForecastAsync(
        Invocation invocation, EspalierClient client, AgentSummary agent, int search, int confirm, Usd ceiling, int? evaluationCases, CancellationToken cancellationToken)
    {
        var cases = Math.Min(evaluationCases ?? 120, search);
        var forecast = await Forecast.OfRunsAsync(client, agent, cases, cancellationToken);
        invocation.Say($"{agent.Agent}: {search} search and {confirm} confirm cases");
        invocation.Say($"forecast: one version on {cases} cases, {forecast.Words}");
        if (forecast.PerRun is { Nano: > 0 } perRun)
        {
            // A quarter is set aside to confirm what was found on cases the search never sees.
            var versions = ceiling.Nano * 3 / 4 / Math.Max(1, perRun.Nano * cases);
            invocation.Say($"ceiling:  {Text.Money(ceiling)}, a quarter of it for confirmation: enough for about {versions} versions like the one that serves");
            if (perRun.Nano * confirm > ceiling.Nano / 4)
                invocation.Warn($"that does not pay for confirming the version that serves on {confirm} cases: give at least {Text.Money(new Usd(checked(perRun.Nano * confirm * 8)))}");
            else if (versions < 3)
                invocation.Warn("that is too little to find much; the search will stop early");
        }
        else
        {
            invocation.Say($"ceiling:  {Text.Money(ceiling)}, a quarter of it for confirmation");
        }
    }

    private static async Task<int> ResumeAsync(Invocation invocation, EspalierClient client, string? named, bool detach, CancellationToken cancellationToken)
    {
        var id = await SessionChoice.ResolveAsync(client, named, cancellationToken);
        var session = await client.Sessions.GetAsync(id, cancellationToken);
        if (session.State is SessionState.Interrupted or SessionState.Failed)
        {
            session = await client.Sessions.ResumeAsync(id, cancellationToken);
            invocation.Say($"session {id} goes on: {session.Phase}");
        }

        return await SessionEnding.WaitAsync(invocation, client, session, detach, cancellationToken);
    }
}
