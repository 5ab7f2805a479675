using Espalier.Cli.Datasets;
using Espalier.Cli.Frontiers;
using Espalier.Cli.Output;
using Espalier.Cli.Search;
using Espalier.Cli.Traces;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Search;
using Espalier.Sdk;

namespace Espalier.Cli.Demo;

/// <summary>The seven steps of the loop, each through the same REST that every other command uses.</summary>
internal sealed class DemoRun(Invocation invocation, DemoOptions options, DemoFolder folder, EspalierClient client, IReadOnlyList<string> models)
{
    private const string Dataset = "traffic";
    private static readonly TimeSpan QuickRelease = TimeSpan.FromMilliseconds(300);

    private readonly long _started = invocation.Terminal.Time.GetTimestamp();

    /// <summary>The session, once it has started.</summary>
    public string? Session { get; private set; }

    /// <summary>The report, once the session has ended.</summary>
    public FrontierReport? Report { get; private set; }

    private TimeProvider Time => invocation.Terminal.Time;

    public async Task<DemoResult> RunAsync(DemoRequests requests, CancellationToken cancellationToken)
    {
        var agent = await client.Agents.ImportAsync(new ImportAgentRequest { Path = folder.Agent }, cancellationToken);
        Done($"agent     {agent.Agent}, version {Text.Short(agent.Production.Value)} serves");

        var before = await SendAsync(agent.Agent, requests.Before, "traffic", cancellationToken);
        var revision = await client.Datasets.BuildAsync(
            new BuildDatasetRequest { Agent = agent.Agent, Dataset = Dataset, Seed = options.Seed }, cancellationToken);
        Done($"dataset   {revision.Dataset}: {revision.Search} search, {revision.Confirm} confirm, {revision.Vault} vault cases{LeftOut(revision)}");

        var session = await SearchAsync(agent.Agent, revision, cancellationToken);
        Report = await client.Frontiers.GetAsync(session.Id.Value, cancellationToken);
        await SaveAsync(session.Id.Value, cancellationToken);
        var baseline = Report.Points.FirstOrDefault(point => point.IsBaseline) ?? throw new CliError(
            ExitCodes.NoOutcome,
            "no-confirmed-baseline",
            "The search ended before anything was confirmed.",
            Report.Stop.Reason,
            $"Give it more money: espalier demo --budget {options.Budget.ToDollars() * 5:0.##}usd");

        var released = Choose(Report.Points, baseline);
        TrafficTally? after = null;
        double? rollback = null;
        if (released is null)
        {
            Done("release   none: no version is shown to pass more at the baseline's cost or less");
        }
        else
        {
            rollback = await ReleaseAsync(agent.Agent, released, session.Id, cancellationToken);
            after = await SendAsync(agent.Agent, requests.After, "live", cancellationToken);
            Compare(before, after);
        }

        return new DemoResult
        {
            Baseline = DemoPoint.Of(baseline),
            Frontier = [.. Report.Points.Where(point => point.OnFrontier).OrderBy(point => point.CostPerRequest).Select(DemoPoint.Of)],
            SpentUsd = session.Spent.ToDollars(),
            BudgetUsd = options.Budget.ToDollars(),
            Seed = options.Seed,
            Cases = new DemoCases(revision.Search, revision.Confirm, revision.Vault),
            Live = new DemoTraffic(Share(before), after is null ? null : Share(after)),
            Released = released?.Version.Value,
            RollbackSeconds = rollback,
            Session = session.Id.Value,
            Report = folder.Report,
            Folder = folder.Path,
            Seconds = Math.Round(Time.GetElapsedTime(_started).TotalSeconds, 1),
        };
    }

    /// <summary>The version to release: the highest pass rate among those that cost no more than the baseline, if it is higher than the baseline's.</summary>
    internal static FrontierPoint? Choose(IReadOnlyList<FrontierPoint> points, FrontierPoint baseline) => points
        .Where(point => point is { IsBaseline: false, OnFrontier: true } && point.CostPerRequest <= baseline.CostPerRequest)
        .Where(point => point.PassRate.Value > baseline.PassRate.Value)
        .OrderByDescending(point => point.PassRate.Value)
        .ThenBy(point => point.CostPerRequest)
        .FirstOrDefault();

    private static string LeftOut(DatasetRevision revision) =>
        revision.LeftOut.Values.Sum() == 0
            ? ""
            : $" (left out: {string.Join(", ", revision.LeftOut.Where(pair => pair.Value > 0).Select(pair => $"{pair.Value} {pair.Key}"))})";

    private static DemoShare Share(TrafficTally tally) => DemoShare.Of(tally.Requests, tally.Right, tally.PassRate, tally.CostPerRequest);

    private async Task<TrafficTally> SendAsync(string agent, IReadOnlyList<RequestRow> rows, string stage, CancellationToken cancellationToken)
    {
        using var block = new ProgressBlock(invocation);
        block.Show($"{stage,-9} 0/{rows.Count} requests");
        var began = Time.GetTimestamp();
        var tally = await new TrafficSender(client, agent, options.Seed).SendAsync(
            rows,
            sent => block.Show($"{stage,-9} {sent.Requests}/{rows.Count} requests, {Text.Percent(sent.PassRate?.Value ?? 0)} right, spent {Text.Money(sent.Cost)}"),
            cancellationToken);
        block.Done($"{stage,-9} {tally.Requests} requests in {Text.Seconds(Time.GetElapsedTime(began))}: {Rate(tally)}, {Text.Money(tally.CostPerRequest)} a request");
        return tally;

        static string Rate(TrafficTally tally) => $"{Text.Percent(tally.PassRate)} right{(tally.Failed > 0 ? $", {tally.Failed} without an answer" : "")}";
    }

    private async Task<SessionSummary> SearchAsync(string agent, DatasetRevision revision, CancellationToken cancellationToken)
    {
        var started = await client.Sessions.StartAsync(
            new StartSessionRequest
            {
                Agent = agent, Dataset = revision.Id.Value, Budget = options.Budget, Seed = options.Seed, Models = models, Name = "demo",
            },
            cancellationToken);
        Session = started.Id.Value;
        string Again(string command) => Text.InFolder(command, folder.Path);
        using var block = new ProgressBlock(invocation);
        var ended = await SessionWatch.FollowAsync(client, started.Id.Value, Again, standing => block.Show(SessionLines.Of(standing, invocation.Plain)), cancellationToken);
        if (SessionWatch.Trouble(ended, Again) is { } trouble) throw trouble;
        block.Done($"search    {ended.Candidates} candidates in {ended.Round} rounds, {ended.Runs} runs, spent {Text.Money(ended.Spent)} of {Text.Money(ended.Budget)}{(ended.Reason is { } reason ? $" ({reason})" : "")}");
        return ended;
    }

    /// <summary>Releases, and takes it back and forth once when that is quick; the rollback's seconds, null when it was not tried.</summary>
    private async Task<double?> ReleaseAsync(string agent, FrontierPoint point, SessionId session, CancellationToken cancellationToken)
    {
        var began = Time.GetTimestamp();
        await ReleaseOnceAsync(agent, point, session, cancellationToken);
        var took = Time.GetElapsedTime(began);
        Done($"release   {Text.Short(point.Version.Value)} serves after {Text.Seconds(took)}; the demo plays the person who approves it");
        if (took > QuickRelease) return null;

        began = Time.GetTimestamp();
        await client.Releases.RollBackAsync(new RollBack { Agent = agent, Reason = "the demo shows that it can" }, cancellationToken);
        var back = Time.GetElapsedTime(began);
        await ReleaseOnceAsync(agent, point, session, cancellationToken);
        Done($"rollback  took {Text.Seconds(back)}; released again");
        return Math.Round(back.TotalSeconds, 4);
    }

    private async Task ReleaseOnceAsync(string agent, FrontierPoint point, SessionId session, CancellationToken cancellationToken)
    {
        var release = await client.Releases.RequestAsync(
            new RequestRelease { Agent = agent, Version = point.Version.Value, Session = session }, cancellationToken);
        await client.Releases.ApproveAsync(release.Id, new ApproveRelease { Digest = release.Digest }, cancellationToken);
    }

    private void Compare(TrafficTally before, TrafficTally after)
    {
        Done($"live      pass rate {Text.Percent(before.PassRate)} before, {Text.Percent(after.PassRate)} after; cost a request {Text.Money(before.CostPerRequest)} before, {Text.Money(after.CostPerRequest)} after");
    }

    private async Task SaveAsync(string session, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(folder.Report, await client.Frontiers.HtmlAsync(session, cancellationToken), cancellationToken);
        await File.WriteAllTextAsync(folder.Plot, await client.Frontiers.SvgAsync(session, cancellationToken), cancellationToken);
    }

    private void Done(string line) => invocation.Say(line);
}
