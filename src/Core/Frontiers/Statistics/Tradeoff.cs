namespace Espalier.Core.Frontiers.Statistics;

/// <summary>A version as a point: pass rate is to be high, cost is to be low.</summary>
/// <param name="PassRate">In [0, 1].</param>
/// <param name="Cost">In any unit that is the same for all points, not negative.</param>
public readonly record struct Tradeoff(double PassRate, double Cost)
{
    /// <summary>At least as good on both axes and better on one (Pareto). Equal points do not dominate each other.</summary>
    public bool Dominates(Tradeoff other) =>
        PassRate >= other.PassRate && Cost <= other.Cost && (PassRate > other.PassRate || Cost < other.Cost);

    /// <summary>At least as good on both axes up to a tolerance; every point does so to itself (Laumanns et al. 2002).</summary>
    public bool Covers(Tradeoff other, Epsilon epsilon) =>
        PassRate + epsilon.PassRate >= other.PassRate && Cost <= (other.Cost * (1 + epsilon.CostShare)) + epsilon.Cost;
}

/// <summary>Differences too small to care about.</summary>
/// <param name="PassRate">Absolute, as a share: 0.01 is one point.</param>
/// <param name="Cost">Absolute, in the points' unit of cost.</param>
/// <param name="CostShare">Relative to the other point's cost: 0.03 is 3%.</param>
public readonly record struct Epsilon(double PassRate, double Cost = 0, double CostShare = 0)
{
    /// <summary>One point of pass rate, 3% of cost: what a reader of the frontier would call the same.</summary>
    public static Epsilon Display => new(0.01, CostShare: 0.03);
}
