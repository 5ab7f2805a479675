using Espalier.Core.Frontiers.Statistics;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Frontiers.Statistics;

public sealed class RateIntervalsTests
{
    [Fact]
    public void Wilson_ReferenceVectors_Match() => Check("wilson", RateIntervals.Wilson);

    [Fact]
    public void ClopperPearson_ReferenceVectors_Match() => Check("clopper_pearson", RateIntervals.ClopperPearson);

    [Fact]
    public void Wilson_AnyCounts_HoldsTheEstimateAndStaysInRange()
    {
        var counts = from n in Gen.Choose(1, 5000) from k in Gen.Choose(0, n) select (k, n);
        Prop.ForAll(counts.ToArbitrary(), c =>
        {
            var interval = RateIntervals.Wilson(c.k, c.n);
            return interval.Low >= 0 && interval.Low <= interval.Value && interval.Value <= interval.High && interval.High <= 1;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Wilson_NoCases_Refuses() => Should.Throw<ArgumentOutOfRangeException>(() => RateIntervals.Wilson(0, 0));

    private static void Check(string method, Func<int, int, double, Espalier.Contracts.Shared.Interval> interval)
    {
        var checkedCases = 0;
        foreach (var (name, input, expected) in Vectors.Read(method))
        {
            var actual = interval(input.Int("k"), input.Int("n"), input.Double("conf"));
            actual.Value.ShouldBeCloseTo(expected.Double("estimate"), name);
            actual.Low.ShouldBeCloseTo(expected.Double("lower"), name);
            actual.High.ShouldBeCloseTo(expected.Double("upper"), name);
            checkedCases++;
        }

        checkedCases.ShouldBe(12);
    }
}
