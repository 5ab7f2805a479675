namespace Espalier.Core.Frontiers.Statistics;

/// <summary>The points that no other point dominates. What is returned are indices into the points, ascending.</summary>
/// <remarks>Which points belong to it does not depend on their order. Points with equal values stay or go together.</remarks>
public static class NondominatedSet
{
    /// <summary>The exact set; equal points are all members. O(n log n).</summary>
    public static IReadOnlyList<int> Of(IReadOnlyList<Tradeoff> points)
    {
        var members = new List<int>();
        var best = double.NegativeInfinity;
        // By cost, dearer ones must pass more than everything cheaper; within one cost only the highest rate stays.
        foreach (var cost in Enumerable.Range(0, points.Count).GroupBy(i => points[i].Cost).OrderBy(g => g.Key))
        {
            var highest = cost.Max(i => points[i].PassRate);
            if (!(highest > best)) continue;
            best = highest;
            members.AddRange(cost.Where(i => points[i].PassRate.Equals(highest)));
        }

        members.Sort();
        return members;
    }

    /// <summary>The smallest part of the exact set such that every point is covered by a kept one up to <paramref name="epsilon"/>.</summary>
    /// <remarks>Greedy along the frontier, which is optimal in two dimensions (Koltun and Papadimitriou 2007).</remarks>
    public static IReadOnlyList<int> Of(IReadOnlyList<Tradeoff> points, Epsilon epsilon)
    {
        var front = Of(points);
        var values = front.Select(i => points[i]).Distinct().OrderBy(p => p.Cost).ToArray();
        var kept = new HashSet<Tradeoff>();
        for (var i = 0; i < values.Length;)
        {
            // The best one that still stands for the cheapest uncovered one...
            var chosen = i;
            while (chosen + 1 < values.Length && values[chosen + 1].Covers(values[i], epsilon)) chosen++;
            kept.Add(values[chosen]);
            // ...also stands for the dearer ones that are hardly better.
            i = chosen + 1;
            while (i < values.Length && values[chosen].Covers(values[i], epsilon)) i++;
        }

        return [.. front.Where(i => kept.Contains(points[i]))];
    }

    /// <summary>All points in layers: the set, the set of what is left, and so on (Deb et al. 2002, NSGA-II).</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Fronts(IReadOnlyList<Tradeoff> points)
    {
        var fronts = new List<IReadOnlyList<int>>();
        var left = Enumerable.Range(0, points.Count).ToList();
        while (left.Count > 0)
        {
            var front = Of([.. left.Select(i => points[i])]).Select(i => left[i]).ToArray();
            fronts.Add(front);
            left = [.. left.Except(front)];
        }

        return fronts;
    }
}
