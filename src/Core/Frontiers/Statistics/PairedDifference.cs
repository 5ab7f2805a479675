using Espalier.Contracts.Shared;
using MathNet.Numerics.Distributions;

namespace Espalier.Core.Frontiers.Statistics;

/// <summary>The difference of two pass rates on the same cases.</summary>
public static class PairedDifference
{
    /// <summary>Newcombe's interval for the first minus the second (Newcombe 1998, Statistics in Medicine 17:2635, method 10).</summary>
    /// <remarks>Combines the two Wilson intervals with the correlation phi of the pairs, continuity-corrected when positive.
    /// Needs at least one case. A margin without any case makes phi 0.</remarks>
    public static Interval Newcombe(PairedCounts pairs, double confidence = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pairs.Cases, 1, nameof(pairs));
        var n = pairs.Cases;
        var z = Normal.InvCDF(0, 1, 0.5 + (confidence / 2));
        var first = pairs.BothPass + pairs.FirstOnly;
        var second = pairs.BothPass + pairs.SecondOnly;
        var (firstLow, firstHigh) = RateIntervals.WilsonBounds(first, n, z);
        var (secondLow, secondHigh) = RateIntervals.WilsonBounds(second, n, z);
        double p = (double)first / n, q = (double)second / n;
        var phi = Phi(pairs);
        var below = Spread(p - firstLow, secondHigh - q, phi);
        var above = Spread(firstHigh - p, q - secondLow, phi);
        return new Interval(pairs.Difference, pairs.Difference - below, pairs.Difference + above);
    }

    internal static double Phi(PairedCounts pairs)
    {
        double a = pairs.BothPass, b = pairs.FirstOnly, c = pairs.SecondOnly, d = pairs.NeitherPass;
        var margins = (a + b) * (c + d) * (a + c) * (b + d);
        if (margins == 0) return 0;
        var cross = (a * d) - (b * c);
        if (cross > 0) cross = Math.Max(0, cross - (pairs.Cases / 2.0));
        return cross / Math.Sqrt(margins);
    }

    // The sum is at least (left - right)^2; rounding may put it a hair below zero.
    private static double Spread(double left, double right, double phi) =>
        Math.Sqrt(Math.Max(0, (left * left) - (2 * phi * left * right) + (right * right)));
}
