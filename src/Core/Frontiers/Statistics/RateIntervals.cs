using Espalier.Contracts.Shared;
using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Espalier.Core.Frontiers.Statistics;

/// <summary>Two-sided intervals for one pass rate: k of n cases passed.</summary>
public static class RateIntervals
{
    /// <summary>Wilson's score interval (Wilson 1927; recommended by Brown, Cai and DasGupta 2001). The one for display.</summary>
    /// <param name="passed">Cases passed, 0 to <paramref name="cases"/>.</param>
    /// <param name="cases">At least 1: a rate of nothing has no value.</param>
    /// <param name="confidence">In (0, 1).</param>
    public static Interval Wilson(int passed, int cases, double confidence = 0.95)
    {
        Check(passed, cases, confidence);
        var (low, high) = WilsonBounds(passed, cases, Normal.InvCDF(0, 1, 0.5 + (confidence / 2)));
        return new Interval((double)passed / cases, low, high);
    }

    /// <summary>The exact interval (Clopper and Pearson 1934): never too narrow, so it is the one for hard floors.</summary>
    /// <inheritdoc cref="Wilson"/>
    public static Interval ClopperPearson(int passed, int cases, double confidence = 0.95)
    {
        Check(passed, cases, confidence);
        var tail = (1 - confidence) / 2;
        var low = passed == 0 ? 0 : BetaQuantile(passed, cases - passed + 1, tail);
        var high = passed == cases ? 1 : BetaQuantile(passed + 1, cases - passed, 1 - tail);
        return new Interval((double)passed / cases, low, high);
    }

    internal static (double Low, double High) WilsonBounds(int passed, int cases, double z)
    {
        var p = (double)passed / cases;
        var z2 = z * z / cases;
        var centre = p + (z2 / 2);
        var half = z * Math.Sqrt((p * (1 - p) / cases) + (z2 / (4 * cases)));
        // At 0 and at n of n the bound is exactly 0 or 1; floating point would leave a crumb.
        var low = passed == 0 ? 0 : (centre - half) / (1 + z2);
        var high = passed == cases ? 1 : (centre + half) / (1 + z2);
        return (low, high);
    }

    // Bisection, because the library's inverse stops at an accuracy of 1e-8.
    private static double BetaQuantile(double a, double b, double probability)
    {
        double low = 0, high = 1;
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            if (SpecialFunctions.BetaRegularized(a, b, middle) < probability) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    private static void Check(int passed, int cases, double confidence)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cases, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(passed);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(passed, cases);
        if (confidence is not (> 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "Confidence lies between 0 and 1.");
    }
}
