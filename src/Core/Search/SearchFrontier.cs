using Espalier.Contracts.Agents;
using Espalier.Contracts.Search;
using Espalier.Core.Frontiers.Statistics;
using Espalier.Core.Search.Estimates;

namespace Espalier.Core.Search;

/// <summary>The frontier as the search sees it, on its own split. Never shown as a result.</summary>
public static class SearchFrontier
{
    private const double PruneProbability = 0.95;

    /// <summary>Margin for the estimate of what confirming a version costs.</summary>
    private const double ConfirmMargin = 1.15;

    /// <summary>The undominated candidates with full evidence, cheapest first.</summary>
    public static IReadOnlyList<Candidate> Of(SessionFold state)
    {
        var measured = Measured(state);
        var kept = NondominatedSet.Of([.. measured.Select(ToTradeoff)]).ToHashSet();
        return [.. measured.Where((_, i) => kept.Contains(i)).OrderBy(candidate => candidate.CostPerRequest!.Value.Nano).ThenBy(candidate => candidate.Index)];
    }

    /// <summary>Area dominated in the (pass rate, cost) plane, against no pass at one and a half times the baseline's cost, as a share of it.</summary>
    public static double Hypervolume(SessionFold state)
    {
        if (state.BaselineCandidate.CostPerRequest is not { Nano: > 0 } baseline) return 0;
        var reference = new Tradeoff(0, 1.5 * baseline.Nano);
        return Math.Round(Hypervolumes(state, reference) / reference.Cost, 9);
    }

    /// <summary>The version that dominates a candidate with at least 95% probability; null when none does.</summary>
    /// <remarks>A function of evidence alone, whatever was pruned before, so that pruning in any order ends the same.</remarks>
    public static (VersionId By, double Probability)? Dominator(SessionFold state, Candidate candidate)
    {
        var best = state.InOrder
            .Where(other => other.Id != candidate.Id && other.Cases >= candidate.Cases)
            .Select(other => (By: other.Id, Probability: Domination.Probability(other, candidate)))
            .DefaultIfEmpty()
            .MaxBy(other => other.Probability);
        return best.Probability >= PruneProbability ? best : null;
    }

    /// <summary>The baseline, then at most the plan's number of frontier versions that the confirm share pays for.</summary>
    /// <remarks>First the best one that costs no more than the baseline, the best one and the cheapest one; then the ones that leave the
    /// widest gap in between.</remarks>
    public static IReadOnlyList<VersionId> Shortlist(SessionFold state, SessionPlan plan, int confirmCases)
    {
        var frontier = Of(state).Where(candidate => candidate.Parent is not null).ToList();
        var baseline = state.BaselineCandidate;
        var order = new List<Candidate>();
        void Take(Candidate? candidate)
        {
            if (candidate is not null && !order.Contains(candidate)) order.Add(candidate);
        }

        Take(frontier.Where(candidate => candidate.CostPerRequest <= baseline.CostPerRequest).MaxBy(candidate => candidate.PassRate));
        Take(frontier.MaxBy(candidate => candidate.PassRate));
        Take(frontier.Count > 0 ? frontier[0] : null);
        while (order.Count < Math.Min(plan.ShortlistSize, frontier.Count))
            Take(frontier.Except(order).MaxBy(candidate => order.Min(taken => Distance(candidate, taken))));

        var left = plan.Budget.Nano * plan.ConfirmShare / ConfirmMargin;
        var shortlist = new List<VersionId> { baseline.Id };
        left -= (baseline.CostPerRequest?.Nano ?? 0) * (double)confirmCases;
        foreach (var candidate in order.Take(plan.ShortlistSize))
        {
            var cost = candidate.CostPerRequest!.Value.Nano * (double)confirmCases;
            if (cost > left) continue;
            left -= cost;
            shortlist.Add(candidate.Id);
        }

        return shortlist;
    }

    private static double Hypervolumes(SessionFold state, Tradeoff reference) =>
        Frontiers.Statistics.Hypervolume.Of([.. Measured(state).Select(ToTradeoff)], reference);

    private static List<Candidate> Measured(SessionFold state) =>
        [.. state.InOrder.Where(candidate =>
            candidate is { DominatedBy: null, Stopped: null, PassRate: not null, CostPerRequest: not null }
            && candidate.Search.Count >= state.BaselineCandidate.Search.Count)];

    private static Tradeoff ToTradeoff(Candidate candidate) => new(candidate.PassRate!.Value, candidate.CostPerRequest!.Value.Nano);

    private static double Distance(Candidate a, Candidate b) =>
        Math.Abs(a.PassRate!.Value - b.PassRate!.Value)
        + (0.2 * Math.Abs(Math.Log(Math.Max(1, a.CostPerRequest!.Value.Nano) / (double)Math.Max(1, b.CostPerRequest!.Value.Nano))));
}
