using MathNet.Numerics;

namespace Espalier.Core.Frontiers.Statistics;

/// <summary>How likely wins and losses as uneven as these are, when both versions are equally good.</summary>
/// <param name="ExactTwoSided">For a question without direction.</param>
/// <param name="MidPTwoSided">Less conservative; close to its nominal level (Fagerland, Lydersen, Laake 2013).</param>
/// <param name="ExactWinsGreater">One-sided, for gates: the version wins more than it loses.</param>
/// <param name="MidPWinsGreater">The same with mid-p.</param>
public sealed record McNemar(double ExactTwoSided, double MidPTwoSided, double ExactWinsGreater, double MidPWinsGreater)
{
    /// <summary>The test of McNemar 1947 by the exact binomial distribution; only cases that changed outcome count.</summary>
    public static McNemar Test(int wins, int losses)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(wins);
        ArgumentOutOfRangeException.ThrowIfNegative(losses);
        var changed = wins + losses;
        if (changed == 0) return new McNemar(1, 1, 1, 1);
        var fewer = Math.Min(wins, losses);
        var tail = Sum(0, fewer, changed);
        var exact = Math.Min(1, 2 * tail);
        // With wins = losses the two tails share the middle term, so half of it is taken off once (Fagerland's rule).
        var mid = wins == losses ? 1 - (Probability(fewer, changed) / 2) : (2 * tail) - Probability(fewer, changed);
        var greater = Sum(wins, changed, changed);
        return new McNemar(exact, mid, Math.Min(1, greater), greater - (Probability(wins, changed) / 2));
    }

    private static double Sum(int from, int to, int n)
    {
        // From the far end inwards, so that the small terms are added first.
        var sum = 0.0;
        if (from == 0) for (var k = 0; k <= to; k++) sum += Probability(k, n);
        else for (var k = to; k >= from; k--) sum += Probability(k, n);
        return sum;
    }

    private static double Probability(int k, int n) => Math.Exp(SpecialFunctions.BinomialLn(n, k) - (n * Math.Log(2)));
}
