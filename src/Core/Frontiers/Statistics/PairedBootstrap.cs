using Espalier.Contracts.Shared;
using Espalier.Core.Shared;

namespace Espalier.Core.Frontiers.Statistics;

/// <summary>Mean cost per request of a version and of the baseline, from the same resampled cases.</summary>
/// <param name="Baseline">Mean dollars per request.</param>
/// <param name="Candidate">Mean dollars per request.</param>
/// <param name="Ratio">Candidate divided by baseline; null when the baseline costs nothing.</param>
public sealed record CostComparison(CostInterval Baseline, CostInterval Candidate, Interval? Ratio);

/// <summary>A mean in dollars with its interval.</summary>
public sealed record CostInterval(Usd Mean, Usd Low, Usd High);

/// <summary>Intervals for mean cost by resampling cases (percentile bootstrap, Efron and Tibshirani 1993, chapter 13).</summary>
/// <remarks>Whole cases are drawn, so what a case costs both versions stays together. Cases of one group (a conversation) are drawn
/// together, because they are not independent. Outliers stay in: tails are money. Same generator state, same result.</remarks>
public static class PairedBootstrap
{
    public const int DefaultResamples = 10_000;

    /// <param name="costs">One per case, at least one.</param>
    /// <param name="rng">Consumed by the call.</param>
    /// <param name="groups">The group of each case; null when every case stands alone.</param>
    /// <param name="resamples">At least 100.</param>
    /// <param name="confidence">In (0, 1).</param>
    public static CostInterval Mean(
        IReadOnlyList<Usd> costs, Rng rng, IReadOnlyList<string>? groups = null, int resamples = DefaultResamples, double confidence = 0.95) =>
        Compare(costs, costs, rng, groups, resamples, confidence).Candidate;

    /// <param name="baseline">One per case, in the same order as <paramref name="candidate"/>.</param>
    /// <param name="candidate">One per case, at least one.</param>
    /// <inheritdoc cref="Mean"/>
    public static CostComparison Compare(
        IReadOnlyList<Usd> baseline, IReadOnlyList<Usd> candidate, Rng rng, IReadOnlyList<string>? groups = null,
        int resamples = DefaultResamples, double confidence = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(candidate.Count, 1, nameof(candidate));
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 100);
        if (baseline.Count != candidate.Count)
            throw new ArgumentException($"Pairs need equal lengths; got {baseline.Count} and {candidate.Count}.", nameof(baseline));
        if (groups is not null && groups.Count != candidate.Count)
            throw new ArgumentException($"Every case has a group; got {groups.Count} for {candidate.Count}.", nameof(groups));

        var clusters = Clusters(baseline, candidate, groups);
        double[] first = new double[resamples], second = new double[resamples], ratio = new double[resamples];
        for (var i = 0; i < resamples; i++)
        {
            long firstSum = 0, secondSum = 0, cases = 0;
            for (var j = 0; j < clusters.Length; j++)
            {
                var drawn = clusters[rng.Next(clusters.Length)];
                firstSum += drawn.Baseline;
                secondSum += drawn.Candidate;
                cases += drawn.Cases;
            }

            first[i] = (double)firstSum / cases;
            second[i] = (double)secondSum / cases;
            ratio[i] = firstSum == 0 ? double.PositiveInfinity : (double)secondSum / firstSum;
        }

        long baselineTotal = baseline.Sum(c => c.Nano), candidateTotal = candidate.Sum(c => c.Nano);
        return new CostComparison(
            ToCost(baselineTotal, baseline.Count, first, confidence),
            ToCost(candidateTotal, candidate.Count, second, confidence),
            baselineTotal == 0 ? null : ToInterval((double)candidateTotal / baselineTotal, ratio, confidence));
    }

    private static Cluster[] Clusters(IReadOnlyList<Usd> baseline, IReadOnlyList<Usd> candidate, IReadOnlyList<string>? groups)
    {
        var single = Enumerable.Range(0, candidate.Count).Select(i => (Index: i, Cluster: new Cluster(baseline[i].Nano, candidate[i].Nano, 1)));
        if (groups is null) return [.. single.Select(s => s.Cluster)];
        // Groups keep the order of their first case, so the result depends on the cases and not on a hash.
        return [.. single.GroupBy(s => groups[s.Index]).Select(g =>
            new Cluster(g.Sum(s => s.Cluster.Baseline), g.Sum(s => s.Cluster.Candidate), g.Count()))];
    }

    private static CostInterval ToCost(long total, int cases, double[] means, double confidence)
    {
        var interval = ToInterval((double)total / cases, means, confidence);
        return new CostInterval(Round(interval.Value), Round(interval.Low), Round(interval.High));
    }

    private static Interval ToInterval(double value, double[] resampled, double confidence)
    {
        Array.Sort(resampled);
        var tail = (1 - confidence) / 2;
        return new Interval(value, Quantile(resampled, tail), Quantile(resampled, 1 - tail));
    }

    private static double Quantile(double[] sorted, double probability)
    {
        var position = probability * (sorted.Length - 1);
        var index = (int)position;
        if (index + 1 >= sorted.Length || double.IsInfinity(sorted[index + 1])) return sorted[index];
        return sorted[index] + ((position - index) * (sorted[index + 1] - sorted[index]));
    }

    private static Usd Round(double nano) => new((long)Math.Round(nano, MidpointRounding.ToEven));

    private readonly record struct Cluster(long Baseline, long Candidate, int Cases);
}
