using Espalier.Contracts.Datasets;
using Espalier.Contracts.Search;
using Espalier.Core.Shared;

namespace Espalier.Core.Search;

/// <summary>How a session divides its revision: what candidates are evaluated on, what edits may be made from, what is kept for the end.</summary>
public sealed record SearchCases
{
    /// <summary>In one seeded order, the same for every candidate, so that blocks pair.</summary>
    public required IReadOnlyList<Case> Evaluation { get; init; }

    /// <summary>Cases of other groups of the search split that have a reference.</summary>
    public required IReadOnlyList<Case> Material { get; init; }

    public required IReadOnlyList<Case> Confirm { get; init; }

    public static SearchCases Divide(IReadOnlyList<Case> search, IReadOnlyList<Case> confirm, SessionPlan plan)
    {
        var seed = new Seed(plan.Seed);
        // At most half of the search split is evaluated on, so that a small dataset keeps material for edits.
        var count = Math.Min(plan.EvaluationCases, Math.Max(1, search.Count / 2));
        var evaluation = seed.For("evaluation-cases").Shuffle(search).Take(count).ToList();
        var groups = evaluation.Select(one => one.Group).ToHashSet(StringComparer.Ordinal);
        return new SearchCases
        {
            Evaluation = evaluation,
            Material = [.. search.Where(one => one.Reference is not null && !groups.Contains(one.Group))],
            Confirm = seed.For("confirm-cases").Shuffle(confirm),
        };
    }
}
