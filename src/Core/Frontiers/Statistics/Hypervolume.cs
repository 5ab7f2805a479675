namespace Espalier.Core.Frontiers.Statistics;

/// <summary>The area between a frontier and a reference point: one number for how far a search has come.</summary>
public static class Hypervolume
{
    /// <summary>Area dominated by the points, seen from the reference (Zitzler and Thiele 1999). O(n log n).</summary>
    /// <param name="points">In any order, with duplicates; points not strictly better than the reference on both axes add nothing.</param>
    /// <param name="reference">A low pass rate and a high cost, fixed for a session so that its values can be compared.</param>
    public static double Of(IReadOnlyList<Tradeoff> points, Tradeoff reference)
    {
        var inside = points.Where(p => p.PassRate > reference.PassRate && p.Cost < reference.Cost).ToArray();
        var front = NondominatedSet.Of(inside).Select(i => inside[i]).Distinct().OrderBy(p => p.Cost);
        double area = 0, below = reference.PassRate;
        foreach (var point in front)
        {
            area += (reference.Cost - point.Cost) * (point.PassRate - below);
            below = point.PassRate;
        }

        return area;
    }
}
