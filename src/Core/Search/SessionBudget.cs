using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;

namespace Espalier.Core.Search;

/// <summary>A session's budget, its two parts, and what does not fit into them, as a function of the log alone.</summary>
/// <remarks>The ledger is the hard limit and knows what was really paid, which a cached run was not. A log must not depend on a cache, so
/// whether a block is affordable is asked here too, where every run counts at what it cost when it was run.</remarks>
internal static class SessionBudget
{
    public static Usd Confirm(SessionPlan plan) => new((long)Math.Round(plan.Budget.Nano * plan.ConfirmShare, MidpointRounding.ToEven));

    public static Usd Search(SessionPlan plan) => plan.Budget - Confirm(plan);

    /// <summary>Whether these rows were too much. Room for the dearest of them is left, because a call reserves more than it costs.</summary>
    public static bool IsPassedBy(SessionFold state, Split split, IReadOnlyList<EvidenceRow> rows)
    {
        var (before, limit) = split == Split.Search ? (state.SearchCost, Search(state.Plan!)) : (state.ConfirmCost, Confirm(state.Plan!));
        var costs = rows.Select(row => row.Cost?.Nano ?? 0).ToList();
        return before.Nano + costs.Sum() + costs.DefaultIfEmpty().Max() > limit.Nano;
    }
}
