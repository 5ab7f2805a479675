using System.CommandLine;
using Espalier.Cli.Agents;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Releases;
using Espalier.Sdk;

namespace Espalier.Cli.Releases;

/// <summary><c>release VERSION</c>, <c>approve</c>, <c>rollback</c>, <c>releases list</c>.</summary>
internal static class ReleaseCommands
{
    public static IEnumerable<Command> Create(Shell shell) => [Release(shell), Approve(shell), Rollback(shell), Releases(shell)];

    private static Command Release(Shell shell)
    {
        var version = new Argument<string>("version") { HelpName = "VERSION", Description = "SHA prefix, best, cheapest or head" };
        var approve = new Option<bool>("--approve") { Description = "Approve it at once: it serves when the command returns" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would change" };
        var agentFlag = Flags.Agent();
        return shell.Connected(
            "release",
            "Asks for a version to serve production; with --approve it does at once",
            async (invocation, client, parse, cancellationToken) =>
            {
                var agent = await AgentChoice.FindAsync(invocation, client, parse.GetValue(agentFlag), cancellationToken);
                var wanted = await VersionChoice.ResolveAsync(client, agent, parse.GetValue(version)!, cancellationToken);
                if (parse.GetValue(dryRun))
                {
                    var diff = await client.Agents.DiffAsync(agent.Agent, wanted, agent.Production.Value, cancellationToken);
                    invocation.Answer(diff, ContractsJson.Default.VersionDiff, () => invocation.Line($"{agent.Agent}: {Text.Short(diff.From.Value)} -> {Text.Short(diff.To.Value)}\n{diff.Patch}"));
                    return ExitCodes.Done;
                }

                var release = await client.Releases.RequestAsync(new RequestRelease { Agent = agent.Agent, Version = wanted }, cancellationToken);
                invocation.Say($"{agent.Agent}: {Text.Short(release.Baseline.Value)} -> {Text.Short(release.Version.Value)}, release {release.Id}");
                var now = parse.GetValue(approve) || invocation.Yes
                    || (invocation.MayAsk && invocation.Confirm($"Serve {Text.Short(release.Version.Value)} to all traffic now?", "--approve"));
                if (now) release = await client.Releases.ApproveAsync(release.Id, new ApproveRelease { Digest = release.Digest }, cancellationToken);
                invocation.Answer(release, ContractsJson.Default.Release, () => Write(invocation, release));
                invocation.Next(now ? "espalier rollback" : $"espalier approve {release.Id}");
                return ExitCodes.Done;
            },
            version,
            approve,
            dryRun,
            agentFlag);
    }

    private static Command Approve(Shell shell)
    {
        var id = new Argument<string?>("release") { HelpName = "RELEASE", Arity = ArgumentArity.ZeroOrOne, Description = "Its id (else the one that waits)" };
        var digest = new Option<string?>("--digest") { HelpName = "DIGEST", Description = "What was shown; the approval is refused when it is another" };
        return shell.Connected(
            "approve",
            "Approves a release that waits: it serves at once",
            async (invocation, client, parse, cancellationToken) =>
            {
                var waiting = await FindAsync(client, parse.GetValue(id), cancellationToken);
                var shown = parse.GetValue(digest);
                if (shown is null && !invocation.Confirm($"Serve {Text.Short(waiting.Version.Value)} to all traffic of {waiting.Agent} now?", "--yes or --digest"))
                    return ExitCodes.Refused;
                var release = await client.Releases.ApproveAsync(waiting.Id, new ApproveRelease { Digest = shown ?? waiting.Digest }, cancellationToken);
                invocation.Answer(release, ContractsJson.Default.Release, () => Write(invocation, release));
                invocation.Next("espalier rollback");
                return ExitCodes.Done;
            },
            id,
            digest);
    }

    private static Command Rollback(Shell shell)
    {
        var reason = new Option<string?>("--reason") { HelpName = "TEXT", Description = "Why, for the audit log" };
        var agentFlag = Flags.Agent();
        return shell.Connected(
            "rollback",
            "All traffic back to the version before, at once",
            async (invocation, client, parse, cancellationToken) =>
            {
                // Asks nothing: going back is what one does in a hurry. It brings no new state of the folder in either.
                var agent = await AgentName(invocation, client, parse.GetValue(agentFlag), cancellationToken);
                var began = invocation.Terminal.Time.GetTimestamp();
                var request = new RollBack { Agent = agent };
                if (parse.GetValue(reason) is { } why) request = request with { Reason = why };
                var release = await client.Releases.RollBackAsync(request, cancellationToken);
                var took = invocation.Terminal.Time.GetElapsedTime(began);
                invocation.Answer(release, ContractsJson.Default.Release, () => Write(invocation, release));
                invocation.Say($"took {Text.Seconds(took)}");
                return ExitCodes.Done;
            },
            reason,
            agentFlag);
    }

    private static Command Releases(Shell shell)
    {
        var agentFlag = Flags.Agent();
        return Shell.Noun(
            "releases",
            "Which versions served, and since when",
            shell.Connected(
                "list",
                "Lists releases",
                async (invocation, client, parse, cancellationToken) =>
                {
                    var page = await client.Releases.ListAsync(parse.GetValue(agentFlag), cancellationToken);
                    invocation.Answer(page, ContractsJson.Default.PageRelease, () =>
                    {
                        var rows = new Rows("release", "agent", "from", "to", "state", "at");
                        foreach (var release in page.Items)
                            rows.Add(release.Id.Value, release.Agent, Text.Short(release.Baseline.Value), Text.Short(release.Version.Value), State(release.State), release.At.ToString("u"));
                        rows.Write(invocation);
                    });
                    return ExitCodes.Done;
                },
                agentFlag));
    }

    private static async Task<string> AgentName(Invocation invocation, EspalierClient client, string? named, CancellationToken cancellationToken)
    {
        if (named is not null) return named;
        var agents = (await client.Agents.ListAsync(cancellationToken)).Items;
        var here = AgentChoice.ContractFolder(invocation.Folder);
        return agents.FirstOrDefault(agent => here is not null && agent.Source == here)?.Agent
            ?? (agents is [var only] ? only.Agent : await AgentChoice.NameAsync(invocation, client, null, cancellationToken));
    }

    private static async Task<Release> FindAsync(EspalierClient client, string? id, CancellationToken cancellationToken)
    {
        var releases = (await client.Releases.ListAsync(null, cancellationToken)).Items;
        var found = id is null
            ? releases.Where(release => release.State == ReleaseState.AwaitingApproval).MaxBy(release => release.At)
            : releases.FirstOrDefault(release => release.Id.Value == id);
        if (found is not null) return found;
        throw id is null
            ? CliError.NotFound("No release waits for approval.", releases.Count == 0 ? "There is none at all." : $"The newest is {State(releases.MaxBy(release => release.At)!.State)}.", "Ask for one: espalier release VERSION")
            : CliError.NotFound($"There is no release \"{id}\".", $"The nearest are {string.Join(", ", Nearest.Of(id, releases.Select(release => release.Id.Value), 3))}.", "See `espalier releases list`.");
    }

    private static void Write(Invocation invocation, Release release)
    {
        invocation.Line($"release  {release.Id}");
        invocation.Line($"agent    {release.Agent}");
        invocation.Line($"version  {release.Version} (before: {Text.Short(release.Baseline.Value)})");
        invocation.Line($"state    {State(release.State)}");
        if (release.State == ReleaseState.AwaitingApproval) invocation.Line($"digest   {release.Digest}");
    }

    private static string State(ReleaseState state) => state switch
    {
        ReleaseState.AwaitingApproval => "awaiting approval",
        ReleaseState.Full => "serves all traffic",
        ReleaseState.RolledBack => "rolled back",
        _ => "replaced",
    };
}
