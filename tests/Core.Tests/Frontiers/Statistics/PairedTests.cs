using Espalier.Core.Frontiers.Statistics;

namespace Espalier.Core.Tests.Frontiers.Statistics;

public sealed class PairedTests
{
    [Fact]
    public void Newcombe_ReferenceVectors_Match()
    {
        var vectors = Vectors.Read("newcombe_paired").ToArray();
        foreach (var (name, input, expected) in vectors)
        {
            var pairs = new PairedCounts(input.Int("a"), input.Int("b"), input.Int("c"), input.Int("d"));
            var actual = PairedDifference.Newcombe(pairs, input.Double("conf"));
            actual.Value.ShouldBeCloseTo(expected.Double("difference"), name);
            PairedDifference.Phi(pairs).ShouldBeCloseTo(expected.Double("phi"), name);
            actual.Low.ShouldBeCloseTo(expected.Double("lower"), name);
            actual.High.ShouldBeCloseTo(expected.Double("upper"), name);
        }

        vectors.Length.ShouldBe(6);
    }

    [Fact]
    public void McNemar_ReferenceVectors_Match()
    {
        var vectors = Vectors.Read("mcnemar").ToArray();
        foreach (var (name, input, expected) in vectors)
        {
            var actual = McNemar.Test(input.Int("b"), input.Int("c"));
            actual.ExactTwoSided.ShouldBeCloseTo(expected.Double("exact_two_sided"), name);
            actual.MidPTwoSided.ShouldBeCloseTo(expected.Double("midp_two_sided"), name);
            actual.ExactWinsGreater.ShouldBeCloseTo(expected.Double("exact_one_sided_b_greater"), name);
            actual.MidPWinsGreater.ShouldBeCloseTo(expected.Double("midp_one_sided_b_greater"), name);
        }

        vectors.Length.ShouldBe(6);
    }

    [Fact]
    public void From_TwoLists_CountsWhoPassed() =>
        PairedCounts.From([true, true, false, false, true], [true, false, true, false, false]).ShouldBe(new PairedCounts(1, 2, 1, 1));

    [Fact]
    public void From_UnequalLengths_Refuses() => Should.Throw<ArgumentException>(() => PairedCounts.From([true], []));
}
