using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Frontiers.Statistics;
using Espalier.Core.Runs;
using Espalier.Core.Search;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Server.Search;

namespace Espalier.Server.Frontiers;

/// <summary>Gathers everything that is known of a session into one report: log, diffs, cases, and the three books of its money.</summary>
internal sealed class FrontierReports(
    SessionViews views, IDatasetStore datasets, IAgentRepository repository, ILedger ledger, ITraceStore traces, ISpanSink spans)
{
    private const int ShownInput = 500;

    public async Task<FrontierReport> BuildAsync(string session, CancellationToken cancellationToken)
    {
        var header = await views.ResolveAsync(session, cancellationToken);
        var fold = await views.FoldAsync(header.Id, cancellationToken);
        var plan = fold.Plan!;
        var points = fold.Points ?? throw new Refusal(
            "frontier-not-ready", 409, $"Session {header.Id} has not confirmed its frontier{(fold.Failure is { } failure ? $": {failure.Reason}" : " yet.")}",
            fold.Failure?.Fix ?? "Watch it with 'espalier sessions watch', or go on with 'espalier optimize --resume'.");
        var revision = await datasets.FindAsync(plan.Revision, cancellationToken)
            ?? throw new InvalidOperationException($"Revision {plan.Revision} of session {header.Id} is gone.");
        var cases = (await datasets.ReadCasesAsync(plan.Revision, null, cancellationToken)).ToDictionary(one => one.Id);
        var nodes = new List<ReportNode>();
        foreach (var candidate in fold.InOrder) nodes.Add(await DescribeAsync(candidate, fold, points, cases, cancellationToken));
        return new FrontierReport
        {
            Session = header.Id,
            Agent = header.Agent,
            Goal = plan.Goal,
            Seed = plan.Seed,
            Dataset = new ReportDataset
            {
                Name = revision.Dataset, Revision = revision.Id, Search = revision.Search, Confirm = revision.Confirm, Vault = revision.Vault,
            },
            Money = await CountMoneyAsync(header.Id, plan, cancellationToken),
            Stop = new ReportStop(fold.Stop?.Rule ?? "stopped", fold.Stop?.Reason ?? "", fold.Round),
            Points = points,
            Nodes = nodes,
            Refused = [.. fold.Refused.Select(refused => new RefusedEdit(refused.Parent, refused.Edit, refused.Round, refused.Reason))],
            Next = Commands(header, points),
        };
    }

    private static List<ReportCommand> Commands(SessionHeader header, IReadOnlyList<FrontierPoint> points)
    {
        var commands = new List<ReportCommand>();
        var baseline = points.First(point => point.IsBaseline);
        var best = points.Where(point => point is { IsBaseline: false, OnFrontier: true } && point.CostPerRequest <= baseline.CostPerRequest)
            .MaxBy(point => point.PassRate.Value) ?? points.Where(point => !point.IsBaseline).MaxBy(point => point.PassRate.Value);
        if (best is not null)
        {
            commands.Add(new ReportCommand($"Serve version {best.Version.Value[..7]}", $"espalier release {best.Version.Value[..7]} --agent {header.Agent}"));
            commands.Add(new ReportCommand("Take it back", $"espalier rollback --agent {header.Agent}"));
        }

        commands.Add(new ReportCommand("See this frontier again", $"espalier frontier {header.Id}"));
        return commands;
    }

    private async Task<ReportMoney> CountMoneyAsync(SessionId session, SessionPlan plan, CancellationToken cancellationToken)
    {
        await spans.FlushAsync(cancellationToken);
        var search = (await ledger.ReadAsync(SessionLines.Search(session), cancellationToken))?.Spent ?? Usd.Zero;
        var confirm = (await ledger.ReadAsync(SessionLines.Confirm(session), cancellationToken))?.Spent ?? Usd.Zero;
        return new ReportMoney
        {
            Budget = plan.Budget,
            Spent = search + confirm,
            Ledger = (await ledger.ReadAsync(SessionLines.Session(session), cancellationToken))?.Spent ?? Usd.Zero,
            Attempts = (await traces.TotalsAsync(new TraceQuery { Session = session.Value }, cancellationToken)).Cost,
            Categories = [new SpendLine("search", search), new SpendLine("confirm", confirm)],
        };
    }

    private async Task<ReportNode> DescribeAsync(
        Candidate candidate, SessionFold fold, IReadOnlyList<FrontierPoint> points, Dictionary<CaseId, Case> cases, CancellationToken cancellationToken)
    {
        var point = points.FirstOrDefault(point => point.Version == candidate.Id);
        var confirmed = point is not null;
        var (wins, losses) = Compare(candidate, fold.BaselineCandidate, confirmed, cases);
        var judged = candidate.Cases;
        return new ReportNode
        {
            Version = candidate.Id,
            Parent = candidate.Parent,
            Edit = candidate.Edits.Length == 0 ? null : candidate.Edits[^1],
            Status = StatusOf(candidate, point),
            StatusReason = candidate.DominatedBy is { } dominator ? $"dominated by {dominator.Value[..7]}" : candidate.Stopped,
            Depth = candidate.Edits.Length,
            Round = candidate.Round,
            SearchCases = judged,
            SearchPassRate = judged == 0 ? null : RateIntervals.Wilson(candidate.Search.Values.Count(row => row.Pass is true), judged),
            SearchCost = candidate.CostPerRequest,
            Patch = candidate.Parent is { } parent ? (await repository.DiffAsync(candidate.Version.Agent, parent, candidate.Id, cancellationToken)).Patch : "",
            BaselinePatch = candidate.Edits.Length > 1 && confirmed
                ? (await repository.DiffAsync(candidate.Version.Agent, fold.Baseline, candidate.Id, cancellationToken)).Patch
                : null,
            ChangesFrom = confirmed ? Split.Confirm : Split.Search,
            Wins = wins,
            Losses = losses,
        };
    }

    private static NodeStatus StatusOf(Candidate candidate, FrontierPoint? point) => (candidate, point) switch
    {
        ({ Parent: null }, _) => NodeStatus.Baseline,
        (_, { OnFrontier: true }) => NodeStatus.Frontier,
        (_, not null) => NodeStatus.Shortlisted,
        ({ DominatedBy: not null }, _) => NodeStatus.Pruned,
        ({ Stopped: not null }, _) => NodeStatus.Dominated,
        _ => NodeStatus.Active,
    };

    private static (IReadOnlyList<CaseChange> Wins, IReadOnlyList<CaseChange> Losses) Compare(
        Candidate candidate, Candidate baseline, bool confirmed, Dictionary<CaseId, Case> cases)
    {
        var wins = new List<CaseChange>();
        var losses = new List<CaseChange>();
        if (candidate.Parent is null) return (wins, losses);
        var own = confirmed ? candidate.Confirm : candidate.Search;
        var other = confirmed ? baseline.Confirm : baseline.Search;
        foreach (var (id, row) in own.OrderBy(pair => pair.Key.Value, StringComparer.Ordinal))
        {
            if (!other.TryGetValue(id, out var before) || row.Pass is null || before.Pass is null || row.Pass == before.Pass) continue;
            var one = cases[id];
            (row.Pass is true ? wins : losses).Add(new CaseChange
            {
                Case = id,
                Input = one.Input.Length <= ShownInput ? one.Input : one.Input[..ShownInput],
                Reference = one.Reference,
                BaselineOutput = before.Output,
                Output = row.Output,
                Reason = row.Reason,
            });
        }

        return (wins, losses);
    }
}
