using Espalier.Core.Frontiers.Statistics;
using Espalier.Core.Shared;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Frontiers.Statistics;

public sealed class FrontierGeometryTests
{
    // Coarse values, so that ties on one axis and equal points are common.
    private static readonly Arbitrary<Tradeoff[]> Clouds =
        (from rate in Gen.Choose(0, 20) from cost in Gen.Choose(1, 20) select new Tradeoff(rate / 20.0, cost / 10.0)).ArrayOf().ToArbitrary();

    [Fact]
    public void Fronts_ReferenceVectors_Match()
    {
        var vectors = Vectors.Read("nondominated_sort").ToArray();
        foreach (var (name, input, expected) in vectors)
        {
            var fronts = NondominatedSet.Fronts(input.Points());
            var wanted = expected.GetProperty("fronts").EnumerateArray().Select(f => f.EnumerateArray().Select(i => i.GetInt32()).ToArray()).ToArray();
            fronts.Count.ShouldBe(wanted.Length, name);
            for (var i = 0; i < wanted.Length; i++) fronts[i].ShouldBe(wanted[i], name);
        }

        vectors.Length.ShouldBe(6);
    }

    [Fact]
    public void Hypervolume_ReferenceVectors_Match()
    {
        var vectors = Vectors.Read("hypervolume_2d").ToArray();
        foreach (var (name, input, expected) in vectors)
            Hypervolume.Of(input.Points(), input.GetProperty("ref").Point()).ShouldBeCloseTo(expected.Double("hypervolume"), name);
        vectors.Length.ShouldBe(6);
    }

    [Fact]
    public void Covers_ReferenceVectors_Match()
    {
        var vectors = Vectors.Read("epsilon_dominance").ToArray();
        foreach (var (name, input, expected) in vectors)
        {
            var points = input.Points();
            var epsilon = new Epsilon(input.Double("ea"), input.Double("ec"));
            var matrix = expected.GetProperty("eps_dominates");
            for (var i = 0; i < points.Length; i++)
                for (var j = 0; j < points.Length; j++)
                    points[i].Covers(points[j], epsilon).ShouldBe(matrix[i][j].GetBoolean(), $"{name} {i} {j}");
        }

        vectors.Length.ShouldBe(4);
    }

    [Fact]
    public void Of_AnyPoints_NoMemberDominatesAnotherAndEveryOtherPointIsDominated() =>
        Prop.ForAll(Clouds, points =>
        {
            var members = NondominatedSet.Of(points);
            return Enumerable.Range(0, points.Length).All(i => members.Contains(i) == !points.Any(p => p.Dominates(points[i])));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_OtherOrder_SameMembers() =>
        Prop.ForAll(Clouds, points =>
        {
            var order = new Seed(points.Length).For("order").Shuffle(Enumerable.Range(0, points.Length));
            Tradeoff[] shuffled = [.. order.Select(i => points[i])];
            return NondominatedSet.Of(shuffled).Select(i => order[i]).Order().SequenceEqual(NondominatedSet.Of(points))
                && NondominatedSet.Of(shuffled, Epsilon.Display).Select(i => order[i]).Order().SequenceEqual(NondominatedSet.Of(points, Epsilon.Display));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_WithEpsilon_CoversEveryPointByAMember() =>
        Prop.ForAll(Clouds, points =>
        {
            var epsilon = new Epsilon(0.1, 0.15, 0.05);
            var members = NondominatedSet.Of(points, epsilon);
            return members.All(NondominatedSet.Of(points).Contains)
                && points.All(p => members.Any(m => points[m].Covers(p, epsilon)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_NoEpsilon_IsTheExactSet() =>
        Prop.ForAll(Clouds, points => NondominatedSet.Of(points, default).SequenceEqual(NondominatedSet.Of(points))).QuickCheckThrowOnFailure();

    [Fact]
    public void Hypervolume_OneMorePoint_NeverShrinks() =>
        Prop.ForAll(Clouds, points =>
        {
            var reference = new Tradeoff(0.2, 1.5);
            var last = 0.0;
            for (var count = 1; count <= points.Length; count++)
            {
                var area = Hypervolume.Of(points[..count], reference);
                if (area < last - 1e-12) return false;
                last = area;
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_EqualPoints_AllStay() =>
        NondominatedSet.Of([new(0.5, 1), new(0.4, 1), new(0.5, 1), new(0.5, 2)]).ShouldBe([0, 2]);
}
