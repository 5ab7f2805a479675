namespace Espalier.Core.Frontiers.Statistics;

/// <summary>Two versions on the same cases, counted by who passed.</summary>
/// <param name="BothPass">Cases that both pass.</param>
/// <param name="FirstOnly">Cases that only the first passes: its wins.</param>
/// <param name="SecondOnly">Cases that only the second passes: the first one's losses.</param>
/// <param name="NeitherPass">Cases that both fail.</param>
public readonly record struct PairedCounts(int BothPass, int FirstOnly, int SecondOnly, int NeitherPass)
{
    public int Cases => BothPass + FirstOnly + SecondOnly + NeitherPass;

    /// <summary>Pass rate of the first minus that of the second.</summary>
    public double Difference => (double)(FirstOnly - SecondOnly) / Cases;

    /// <summary>Counts two lists of verdicts that are in the same order of cases.</summary>
    public static PairedCounts From(IReadOnlyList<bool> first, IReadOnlyList<bool> second)
    {
        if (first.Count != second.Count)
            throw new ArgumentException($"Pairs need equal lengths; got {first.Count} and {second.Count}.", nameof(second));
        int both = 0, firstOnly = 0, secondOnly = 0, neither = 0;
        for (var i = 0; i < first.Count; i++)
        {
            if (first[i] && second[i]) both++;
            else if (first[i]) firstOnly++;
            else if (second[i]) secondOnly++;
            else neither++;
        }

        return new PairedCounts(both, firstOnly, secondOnly, neither);
    }
}
