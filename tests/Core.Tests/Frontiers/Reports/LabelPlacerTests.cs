using Espalier.Core.Frontiers.Reports;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Frontiers.Reports;

public sealed class LabelPlacerTests
{
    private static readonly Arbitrary<(int X, int Y)[]> Places =
        (from x in Gen.Choose(0, 400) from y in Gen.Choose(0, 300) select (x, y)).ArrayOf().ToArbitrary();

    [Fact]
    public void Place_AnyPoints_NeverOverlapsAPointOrALabelOrTheEdge() =>
        Prop.ForAll(Places, points =>
        {
            var bounds = new Box(0, 0, 400, 300);
            var placer = new LabelPlacer(bounds, 60);
            var marks = points.Select(p => new Box(p.X - 8, p.Y - 8, 16, 16)).ToArray();
            foreach (var mark in marks) placer.Block(mark);
            var labels = points.Select(p => placer.Place(p.X, p.Y, 90, 30)).OfType<Box>().ToArray();
            return labels.All(bounds.Contains)
                && !labels.Any(label => marks.Any(label.Overlaps))
                && !labels.Where((label, i) => labels.Skip(i + 1).Any(label.Overlaps)).Any();
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Place_NoRoom_LeavesTheLabelOut() => new LabelPlacer(new Box(0, 0, 50, 20), 60).Place(25, 10, 90, 30).ShouldBeNull();
}
