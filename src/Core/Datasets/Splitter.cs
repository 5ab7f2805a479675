using Espalier.Contracts.Datasets;
using Espalier.Core.Shared;

namespace Espalier.Core.Datasets;

/// <summary>Deals groups of cases to the three splits: search 60%, confirm 25%, vault 15% of the cases, a whole group at a time.</summary>
/// <remarks>A case of a user or conversation that the search has seen must not be in the numbers that people are shown.</remarks>
public static class Splitter
{
    private static readonly (Split Split, double Share)[] Shares = [(Split.Search, 0.60), (Split.Confirm, 0.25), (Split.Vault, 0.15)];

    /// <summary>The split of each group. The same seed and groups give the same split, in whatever order they come.</summary>
    public static IReadOnlyDictionary<string, Split> Deal(IReadOnlyDictionary<string, int> casesByGroup, Seed seed)
    {
        var order = seed.For("splits").Shuffle(casesByGroup.Keys.Order(StringComparer.Ordinal));
        var total = casesByGroup.Values.Sum();
        var dealt = Shares.ToDictionary(share => share.Split, _ => 0);
        var splits = new Dictionary<string, Split>(StringComparer.Ordinal);
        foreach (var group in order)
        {
            // The split that lacks most of its share takes the next group; ties go to the first in the list.
            var neediest = Shares.MaxBy(share => (share.Share * total) - dealt[share.Split]).Split;
            splits[group] = neediest;
            dealt[neediest] += casesByGroup[group];
        }

        return splits;
    }
}
