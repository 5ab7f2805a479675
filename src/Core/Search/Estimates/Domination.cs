using Espalier.Contracts.Judging;
using Espalier.Contracts.Search;
using MathNet.Numerics.Distributions;

namespace Espalier.Core.Search.Estimates;

/// <summary>How sure the evidence makes us that one candidate dominates another, paired by case.</summary>
/// <remarks>a dominates b when it is at least as good on one axis within the tolerance and better on the other by it. Pass rate: the mean
/// paired difference is taken as normal with one won and one lost pseudo-case added, so that few cases never look certain. Cost: the ratio
/// of sums with its linearised standard error (Cochran 1977, chapter 6). The axes are taken as independent.</remarks>
public static class Domination
{
    /// <summary>Pass rates closer than this count as equal.</summary>
    public const double PassTolerance = 0.01;

    /// <summary>Cost ratios closer to one than this count as equal.</summary>
    public const double CostTolerance = 0.03;

    /// <summary>In [0, 1]; 0 when the two share no case or a cost is unknown.</summary>
    public static double Probability(Candidate a, Candidate b)
    {
        var pairs = Pairs(a, b);
        if (pairs.Count == 0) return 0;
        var cheaperAndNoWorse = PassAtLeast(pairs, -PassTolerance) * CostAtMost(pairs, 1 - CostTolerance);
        var betterAndNoDearer = PassAtLeast(pairs, PassTolerance) * CostAtMost(pairs, 1 + CostTolerance);
        return Math.Max(cheaperAndNoWorse, betterAndNoDearer);
    }

    /// <summary>The cases that both have a verdict on, in the order of their ids.</summary>
    internal static IReadOnlyList<(EvidenceRow A, EvidenceRow B)> Pairs(Candidate a, Candidate b)
    {
        var pairs = new List<(EvidenceRow, EvidenceRow)>();
        foreach (var (key, row) in a.Search.OrderBy(pair => pair.Key.Value, StringComparer.Ordinal))
        {
            if (row.Pass is not null && b.Search.TryGetValue(key, out var other) && other.Pass is not null) pairs.Add((row, other));
        }

        return pairs;
    }

    /// <summary>Mean paired difference in pass rate with its standard error, pseudo-cases included.</summary>
    internal static (double Mean, double Error) PassDifference(IReadOnlyList<(EvidenceRow A, EvidenceRow B)> pairs)
    {
        double sum = 0, squares = 2;
        foreach (var (a, b) in pairs)
        {
            var difference = (a.Pass is true ? 1 : 0) - (b.Pass is true ? 1 : 0);
            sum += difference;
            squares += difference * difference;
        }

        var n = pairs.Count + 2;
        var mean = sum / n;
        return (mean, Math.Sqrt(Math.Max(squares / n - (mean * mean), 1e-6) / n));
    }

    /// <summary>Natural logarithm of the ratio of mean costs with its standard error, over the pairs whose costs are known; null without one.</summary>
    internal static (double Mean, double Error)? LogCostRatio(IReadOnlyList<(EvidenceRow A, EvidenceRow B)> pairs)
    {
        var costs = pairs.Where(pair => pair is { A.Cost: not null, B.Cost: not null })
            .Select(pair => (A: (double)pair.A.Cost!.Value.Nano, B: (double)pair.B.Cost!.Value.Nano)).ToList();
        if (costs.Count == 0) return null;
        var (sumA, sumB) = (costs.Sum(cost => cost.A), costs.Sum(cost => cost.B));
        if (sumA <= 0 && sumB <= 0) return (0, 0.001);
        if (sumA <= 0) return (-10, 0.001);
        if (sumB <= 0) return (10, 0.001);
        var ratio = sumA / sumB;
        var squares = costs.Sum(cost => (cost.A - (ratio * cost.B)) * (cost.A - (ratio * cost.B)));
        var n = costs.Count;
        var deviation = n > 1 ? Math.Sqrt(squares / (n - 1)) : sumA;
        return (Math.Log(ratio), Math.Max(0.001, deviation / Math.Sqrt(n) / (sumA / n)));
    }

    private static double PassAtLeast(IReadOnlyList<(EvidenceRow A, EvidenceRow B)> pairs, double difference)
    {
        var (mean, error) = PassDifference(pairs);
        return Normal.CDF(0, 1, (mean - difference) / error);
    }

    private static double CostAtMost(IReadOnlyList<(EvidenceRow A, EvidenceRow B)> pairs, double ratio)
    {
        return LogCostRatio(pairs) is var (mean, error) ? Normal.CDF(0, 1, (Math.Log(ratio) - mean) / error) : 0;
    }
}
