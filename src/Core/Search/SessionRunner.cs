using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Judging;
using Espalier.Core.Runs;
using Espalier.Core.Search.Estimates;
using Espalier.Core.Shared;

namespace Espalier.Core.Search;

/// <summary>Runs a session from wherever its log ends to its end: baseline, rounds, shortlist, confirmation.</summary>
/// <remarks>Every step asks the fold what is missing and appends what it did, so a run that was killed anywhere and resumed grows the tree
/// that an unbroken one would have grown.</remarks>
public sealed class SessionRunner(
    ISessionStore store, IAgentRepository repository, IDatasetStore datasets, EvaluationRunner evaluator, SearchRounds rounds, ILedger ledger,
    IRunner runner, ISessionObserver observer, TimeProvider time)
{
    public async Task<SessionFold> RunAsync(SessionId session, CancellationToken cancellationToken)
    {
        var log = new SessionLog(store, session, time);
        await log.LoadAsync(cancellationToken);
        if (log.State.Plan is not { } plan) throw new InvalidOperationException($"Session {session} has no plan in its log.");
        if (log.State.HasEnded) return log.State;
        try
        {
            await OpenBudgetAsync(session, plan, cancellationToken);
            var scope = await LoadAsync(session, log, plan, cancellationToken);
            if (await EvaluateBaselineAsync(scope, cancellationToken)) await SearchAsync(scope, cancellationToken);
            if (!log.State.HasEnded) await ConfirmAsync(scope, cancellationToken);
        }
        catch (Refusal refusal)
        {
            await log.AppendAsync(new SessionEvent.SessionFailed(refusal.Code, refusal.What, refusal.Fix, Resumable: refusal.Status >= 500), cancellationToken);
        }

        return log.State;
    }

    private async Task OpenBudgetAsync(SessionId session, SessionPlan plan, CancellationToken cancellationToken)
    {
        await ledger.OpenAsync(SessionLines.Session(session), plan.Budget, cancellationToken);
        await ledger.OpenAsync(SessionLines.Search(session), SessionBudget.Search(plan), cancellationToken);
        await ledger.OpenAsync(SessionLines.Confirm(session), SessionBudget.Confirm(plan), cancellationToken);
    }

    private async Task<SessionScope> LoadAsync(SessionId session, SessionLog log, SessionPlan plan, CancellationToken cancellationToken)
    {
        var baseline = log.State.BaselineCandidate.Version;
        var files = await repository.ReadFilesAsync(plan.Agent, baseline.Id, cancellationToken);
        var search = await datasets.ReadCasesAsync(plan.Revision, Split.Search, cancellationToken);
        var confirm = await datasets.ReadCasesAsync(plan.Revision, Split.Confirm, cancellationToken);
        if (search.Count == 0) throw Lacks(plan, "search");
        if (confirm.Count == 0) throw Lacks(plan, "confirm");
        return new SessionScope(session, log, plan, ContractReader.Read(files), SearchCases.Divide(search, confirm, plan));
    }

    private static Refusal Lacks(SessionPlan plan, string split) => new(
        "dataset-too-small", 422, $"Revision {plan.Revision} has no {split} cases.",
        "Make one from more conversations with 'espalier datasets build' or 'espalier datasets import FILE': a conversation is never divided.");

    /// <summary>The baseline on all evaluation cases. False when it does not work at all, or cannot be paid for.</summary>
    private async Task<bool> EvaluateBaselineAsync(SessionScope scope, CancellationToken cancellationToken)
    {
        observer.OnPhase(scope.Session, "measuring the baseline");
        while (scope.State.Stop is null)
        {
            // Asked of the log and before the next block, so that a process that died before it could say so says it when it is resumed.
            var baseline = scope.State.BaselineCandidate;
            var cases = scope.Cases.Evaluation.Count;
            if (BaselineCheck.WhyNotUsable(baseline, cases) is { } failure)
            {
                await scope.Log.AppendAsync(failure, cancellationToken);
                return false;
            }

            var (start, end) = Blocks.Range(baseline.Blocks, cases);
            if (start == end) return true;
            if (await EvaluateBlockAsync(scope, baseline, scope.Cases.Evaluation, start, end, Split.Search, cancellationToken)) continue;
            await scope.Log.AppendAsync(
                new SessionEvent.SessionFailed(
                    SessionFailureCodes.BudgetSpent,
                    $"The search's part of the budget, {SessionBudget.Search(scope.Plan)} USD, does not pay for the baseline's {cases} runs.",
                    "Give more with --budget, or fewer cases with --evaluation-cases.", Resumable: false),
                cancellationToken);
            return false;
        }

        return true;
    }

    private async Task SearchAsync(SessionScope scope, CancellationToken cancellationToken)
    {
        while (scope.State.Stop is null)
        {
            if (SearchStop.Check(scope.State, scope.Plan) is { } stop)
            {
                await scope.Log.AppendAsync(stop, cancellationToken);
                break;
            }

            var round = scope.State.Round + 1;
            observer.OnPhase(scope.Session, $"searching, round {round}");
            var made = await rounds.ProposeAsync(scope, round, cancellationToken);
            if (made is null)
            {
                await scope.Log.AppendAsync(
                    new SessionEvent.SearchStopped("exhausted", "no proposer has an edit that was not tried"), cancellationToken);
                break;
            }

            foreach (var version in made)
            {
                await EvaluateCandidateAsync(scope, version, cancellationToken);
                if (scope.State.Stop is not null) return;
            }

            await PruneAsync(scope, cancellationToken);
            var frontier = SearchFrontier.Of(scope.State);
            await scope.Log.AppendAsync(
                new SessionEvent.RoundCompleted(round, [.. frontier.Select(candidate => candidate.Id)], SearchFrontier.Hypervolume(scope.State)),
                cancellationToken);
        }
    }

    private async Task EvaluateCandidateAsync(SessionScope scope, VersionId version, CancellationToken cancellationToken)
    {
        while (true)
        {
            var candidate = scope.State.Candidates[version];
            var (start, end) = Blocks.Range(candidate.Blocks, scope.Cases.Evaluation.Count);
            if (candidate.Stopped is not null || start == end) break;
            if (SearchStop.WhyNotWorthwhile(scope.State, candidate) is { } reason)
            {
                await scope.Log.AppendAsync(new SessionEvent.EvaluationStopped(version, candidate.Search.Count, reason), cancellationToken);
                break;
            }

            // The smoke block shows what a version costs; after it, one that cannot be measured to the end is not worth another run.
            var runs = candidate.Search.Count == 0 ? end - start : scope.Cases.Evaluation.Count - start;
            var fits = !SearchStop.DoesNotFit(scope.State, scope.Plan, candidate, runs);
            if (fits && await EvaluateBlockAsync(scope, candidate, scope.Cases.Evaluation, start, end, Split.Search, cancellationToken)) continue;
            await scope.Log.AppendAsync(
                fits || SearchStop.IsSpent(scope.State, scope.Plan, scope.Cases.Evaluation.Count)
                    ? new SessionEvent.SearchStopped("budget", $"the next {runs} runs do not fit into what is left of the search's budget")
                    : new SessionEvent.EvaluationStopped(version, candidate.Search.Count, $"its next {runs} runs do not fit into what is left of the search's budget"),
                cancellationToken);
            break;
        }

        var ended = scope.State.Candidates[version];
        observer.OnDecision(scope.Session, $"{version.Value[..7]} {ended.Edits[^1].Title}: {ended.PassRate:P0} of {ended.Cases} cases");
        await runner.CoolAsync(scope.Plan.Agent, version, cancellationToken);
    }

    private async Task<bool> EvaluateBlockAsync(
        SessionScope scope, Candidate candidate, IReadOnlyList<Case> cases, int start, int end, Split split, CancellationToken cancellationToken)
    {
        var order = new EvaluationOrder
        {
            Version = candidate.Version,
            Contract = scope.Contract,
            JudgeFiles = scope.State.BaselineCandidate.Version,
            Cases = [.. cases.Skip(start).Take(end - start)],
            Budget = split == Split.Search ? SessionLines.Search(scope.Session) : SessionLines.Confirm(scope.Session),
            Session = scope.Session.Value,
        };
        var evaluation = await evaluator.EvaluateAsync(order, _ => observer.OnCase(scope.Session), cancellationToken);
        if (evaluation.Exhausted is not null || SessionBudget.IsPassedBy(scope.State, split, evaluation.Rows)) return false;
        var block = split == Split.Search ? candidate.Blocks : candidate.ConfirmBlocks;
        await scope.Log.AppendAsync(new SessionEvent.BlockEvaluated(candidate.Id, split, block, evaluation.Rows), cancellationToken);
        return true;
    }

    private static async Task PruneAsync(SessionScope scope, CancellationToken cancellationToken)
    {
        foreach (var candidate in scope.State.InOrder.Where(candidate => candidate.Parent is not null).ToList())
        {
            var dominator = SearchFrontier.Dominator(scope.State, candidate);
            if (dominator is { } found && candidate.DominatedBy is null)
                await scope.Log.AppendAsync(new SessionEvent.CandidatePruned(candidate.Id, found.By, Math.Round(found.Probability, 6)), cancellationToken);
            else if (dominator is null && candidate.DominatedBy is not null)
                await scope.Log.AppendAsync(new SessionEvent.CandidateRevived(candidate.Id), cancellationToken);
        }
    }

    private async Task ConfirmAsync(SessionScope scope, CancellationToken cancellationToken)
    {
        if (scope.State.Shortlist is null)
            await scope.Log.AppendAsync(new SessionEvent.Shortlisted(SearchFrontier.Shortlist(scope.State, scope.Plan, scope.Cases.Confirm.Count)), cancellationToken);
        var shortlist = scope.State.Shortlist!;
        for (var i = 0; i < shortlist.Count; i++)
        {
            observer.OnPhase(scope.Session, $"confirming {i + 1} of {shortlist.Count}");
            while (true)
            {
                var candidate = scope.State.Candidates[shortlist[i]];
                var (start, end) = Blocks.Range(candidate.ConfirmBlocks, scope.Cases.Confirm.Count);
                if (start == end) break;
                if (await EvaluateBlockAsync(scope, candidate, scope.Cases.Confirm, start, end, Split.Confirm, cancellationToken)) continue;
                if (i == 0)
                {
                    throw new Refusal(
                        SessionFailureCodes.BudgetSpent, 402, $"The confirm part of the budget, {SessionBudget.Confirm(scope.Plan)} USD, does not pay for the baseline's {scope.Cases.Confirm.Count} runs.",
                        "Start a session with a larger --budget.");
                }

                // Versions that could not be measured in full are not shown; those before them are.
                await CompleteAsync(scope, [.. shortlist.Take(i)], cancellationToken);
                return;
            }

            await runner.CoolAsync(scope.Plan.Agent, shortlist[i], cancellationToken);
        }

        await CompleteAsync(scope, shortlist, cancellationToken);
    }

    private static Task CompleteAsync(SessionScope scope, IReadOnlyList<VersionId> confirmed, CancellationToken cancellationToken) =>
        scope.Log.AppendAsync(new SessionEvent.SessionCompleted(ConfirmedPoints.Of(scope.State, confirmed, scope.Cases.Confirm)), cancellationToken);
}
