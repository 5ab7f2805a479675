using Espalier.Core.Search;
using Espalier.Core.Search.Estimates;
using Espalier.Core.Shared;
using Espalier.Core.Tests.Search.World;

namespace Espalier.Core.Tests.Search.Estimates;

/// <summary>Calibration on simulated versions whose truth is known. Seeds are fixed, so a test either holds or does not.</summary>
public sealed class DominationTests
{
    private const int Simulations = 600;

    [Theory]
    [InlineData(24)]
    [InlineData(60)]
    [InlineData(120)]
    public void Probability_MuchBetterAndCheaper_GoesToOne(int cases)
    {
        var probabilities = Simulate("much better", cases, 0.92, 0.40, costA: 500, costB: 1000).ToList();
        probabilities.Average().ShouldBeGreaterThan(0.99);
        Simulate("much worse", cases, 0.40, 0.92, costA: 1000, costB: 500).Average().ShouldBeLessThan(0.01);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(60)]
    [InlineData(120)]
    public void Probability_EqualVersions_StaysLowAndIsHardlyEverSure(int cases)
    {
        var probabilities = Simulate("equal", cases, 0.6, 0.6, costA: 1000, costB: 1000).ToList();
        probabilities.Average().ShouldBeLessThan(0.5);
        // Where costs are equal within the tolerance the pass rate alone decides, and being sure at 95% may happen in 5% of the simulations;
        // with 600 the standard error is 0.9 points, of which three are allowed. Losing one of two equals does no harm.
        Share(probabilities).ShouldBeLessThan(0.05 + 0.027);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(60)]
    [InlineData(120)]
    public void Probability_CheaperButReallyWorse_IsFalselySureAtMostAsOftenAsItSays(int cases)
    {
        // Two points worse: beyond the tolerance of one, so this is no domination. Being sure at 95% may happen in 5%; with 600
        // simulations the standard error is 0.9 points, of which three are allowed.
        Share(Simulate("slightly worse", cases, 0.60, 0.62, costA: 500, costB: 1000)).ShouldBeLessThan(0.05 + 0.027);
        Share(Simulate("worse", cases, 0.50, 0.62, costA: 500, costB: 1000)).ShouldBeLessThan(0.02);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(60)]
    [InlineData(120)]
    public void Probability_BetterButReallyDearer_IsFalselySureAtMostAsOftenAsItSays(int cases) =>
        Share(Simulate("dearer", cases, 0.95, 0.40, costA: 1060, costB: 1000)).ShouldBeLessThan(0.05 + 0.027);

    [Fact]
    public void Probability_FewCases_IsNeverSureByVerdictsThatAreAllAlike()
    {
        Probability("++++", 500, "++++", 1000).ShouldBeLessThan(0.95);
        Probability("----", 500, "----", 1000).ShouldBeLessThan(0.95);
        Probability("++++", 500, "++++", 500).ShouldBeLessThan(0.95);
        Probability("++++", 500, "----", 1000).ShouldBeGreaterThan(Probability("++--", 500, "----", 1000));
    }

    [Fact]
    public void Probability_AnyTwo_LiesBetweenZeroAndOneAndIsFinite()
    {
        string[] verdicts = ["", "+", "-", "?", "+-", "++++", "----", "+?+?"];
        long?[] costs = [null, 0, 1, 1_000_000_000_000];
        foreach (var a in verdicts)
            foreach (var b in verdicts)
                foreach (var costA in costs)
                    foreach (var costB in costs)
                        Probability(a, costA, b, costB).ShouldBeInRange(0, 1);
    }

    [Fact]
    public void Probability_NothingInCommonOrUnknownCost_IsZero()
    {
        Probability("", 1, "++++", 1).ShouldBe(0);
        Probability("????", 1, "++++", 1).ShouldBe(0);
        Probability("++++", null, "----", 1000).ShouldBe(0);
        Probability("++++", 500, "----", null).ShouldBe(0);
    }

    [Fact]
    public void Probability_RunsWithoutABill_StillCountTheirVerdict()
    {
        // Failures that were not billed: leaving them out would make a the better one.
        var folds = new Folds().Add("a").Run("a", "++++++++++++------------", i => i < 12 ? 500 : null).Run("baseline", "++++++++++++++++++++++++", 1000);
        Domination.Probability(folds["a"], folds["baseline"]).ShouldBeLessThan(0.01);
        Domination.PassDifference(Domination.Pairs(folds["a"], folds["baseline"])).Mean.ShouldBeLessThan(-0.4);
    }

    [Fact]
    public void Probability_PairedCases_SeeWhatUnpairedOnesCannot()
    {
        // The same hard cases fail for both; a passes eight more. Unpaired, 44 of 60 against 36 of 60 is nothing.
        var hard = new string('-', 16);
        var paired = Probability(new string('+', 44) + hard, 500, new string('+', 36) + new string('-', 8) + hard, 1000);
        paired.ShouldBeGreaterThan(0.98);
    }

    private static double Probability(string a, long? costA, string b, long? costB)
    {
        var folds = new Folds().Add("a");
        if (a.Length > 0) folds.Run("a", a, costA);
        if (b.Length > 0) folds.Run("baseline", b, costB);
        return Domination.Probability(folds["a"], folds["baseline"]);
    }

    private static double Share(IEnumerable<double> probabilities) => probabilities.Average(probability => probability >= 0.95 ? 1.0 : 0);

    private static IEnumerable<double> Simulate(string name, int cases, double rateA, double rateB, long costA, long costB)
    {
        for (var i = 0; i < Simulations; i++)
        {
            var rng = new Seed(17).For($"{name}/{cases}", i);
            // Costs vary by case like prompts do, by a third up or down, with a little noise of each version's own.
            var sizes = Enumerable.Range(0, cases).Select(_ => 0.67 + (0.66 * rng.NextDouble())).ToList();
            long? Cost(int one, long mean) => (long)(mean * sizes[one] * (0.95 + (0.1 * rng.NextDouble())));
            var folds = new Folds().Add("a")
                .Run("a", Folds.Draw(rng, cases, rateA), one => Cost(one, costA))
                .Run("baseline", Folds.Draw(rng, cases, rateB), one => Cost(one, costB));
            yield return Domination.Probability(folds["a"], folds["baseline"]);
        }
    }
}
