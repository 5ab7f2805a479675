using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Search.Estimates;

namespace Espalier.Core.Search;

/// <summary>When to stop: the search as a whole, or one candidate.</summary>
internal static class SearchStop
{
    /// <summary>Relative growth of the hypervolume under which a round did not move the frontier (search design: 0.5%).</summary>
    private const double MovementShare = 0.005;

    /// <summary>Rounds before a stall may end the search: about two dozen proposals, so that every kind of edit has had its chance.</summary>
    private const int FewestRounds = 6;

    private const double FutilityProbability = 0.98;

    /// <summary>What a block may cost beyond its estimate, so that the ledger does not end it half way.</summary>
    private const double CostMargin = 1.25;

    /// <summary>The event that ends the search; null while it goes on.</summary>
    public static SessionEvent.SearchStopped? Check(SessionFold state, SessionPlan plan)
    {
        if (state.Round >= plan.MaxRounds) return new("rounds", $"{plan.MaxRounds} rounds were run, the most that was allowed");
        var still = 0;
        for (var i = state.Hypervolumes.Count - 1; i > 0; i--)
        {
            var before = state.Hypervolumes[i - 1];
            if (state.Hypervolumes[i] > before + (MovementShare * Math.Max(before, 1e-12))) break;
            still++;
        }

        return still >= plan.StallRounds && state.Round >= FewestRounds
            ? new("stall", $"the frontier has not moved for {still} rounds")
            : null;
    }

    /// <summary>Why a candidate deserves no further block; null when it does.</summary>
    public static string? WhyNotWorthwhile(SessionFold state, Candidate candidate)
    {
        if (candidate.Search.Count > 0)
        {
            // The first by id, because a dictionary's order is another one in every process.
            var first = candidate.Search.Values.MinBy(row => row.Case.Value, StringComparer.Ordinal)!;
            if (candidate.Search.Values.All(row => row.Outcome != "completed")) return $"no run of the smoke block completed: {first.Reason}";
            if (candidate.Cases == 0) return $"no run has a verdict: {first.Reason}";
            if (candidate.CostPerRequest is null) return "its cost is unknown";
        }

        if (candidate.Blocks < 2) return null;
        var best = state.InOrder
            .Where(other => other.Id != candidate.Id && other.DominatedBy is null && other.Cases > candidate.Cases)
            .Select(other => (other.Id, Probability: Domination.Probability(other, candidate)))
            .DefaultIfEmpty()
            .MaxBy(other => other.Probability);
        return best.Probability >= FutilityProbability
            ? $"dominated by {best.Id.Value[..7]} with probability {best.Probability:0.000}"
            : null;
    }

    /// <summary>Whether the next runs would pass the search's part of the budget, at what this candidate (or its parent) costs.</summary>
    public static bool DoesNotFit(SessionFold state, SessionPlan plan, Candidate candidate, int runs)
    {
        var perRun = candidate.CostPerRequest ?? state.Candidates[candidate.Parent ?? state.Baseline].CostPerRequest;
        return perRun is { } cost && DoesNotFit(state, plan, cost, runs);
    }

    /// <summary>Whether not even a version as cheap as the cheapest one of the frontier could be measured on all cases: a dear one that does
    /// not fit says nothing about the others.</summary>
    public static bool IsSpent(SessionFold state, SessionPlan plan, int cases)
    {
        var cheapest = (SearchFrontier.Of(state) is [var first, ..] ? first : state.BaselineCandidate).CostPerRequest;
        return cheapest is not { } cost || DoesNotFit(state, plan, cost, cases);
    }

    private static bool DoesNotFit(SessionFold state, SessionPlan plan, Usd perRun, int runs) =>
        state.SearchCost.Nano + (perRun.Nano * runs * CostMargin) > SessionBudget.Search(plan).Nano;
}
