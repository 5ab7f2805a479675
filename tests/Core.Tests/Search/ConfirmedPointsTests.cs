using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Core.Search;
using Espalier.Core.Tests.Search.World;

namespace Espalier.Core.Tests.Search;

public sealed class ConfirmedPointsTests
{
    [Fact]
    public void Of_Versions_AreMeasuredOnTheConfirmSplitAndPairedWithTheBaseline()
    {
        var points = Measure(new Folds().Run("baseline", "++++++++++", 9)
            .Run("baseline", "++++------", 1000, Split.Confirm)
            .Add("a").Run("a", "++++++++--", 500, Split.Confirm)
            .Add("b").Run("b", "-+++++++++", 2000, Split.Confirm)
            .Add("c").Run("c", "-+++------", 1500, Split.Confirm));
        points.Select(point => point.OnFrontier).ShouldBe([false, true, true, false]);
        points[0].IsBaseline.ShouldBeTrue();
        points[0].PassRate.Value.ShouldBe(0.4);
        points[0].CostPerRequest.Nano.ShouldBe(1000);
        (points[0].Difference.Value, points[0].Wins, points[0].Losses).ShouldBe((0, 0, 0));
        (points[1].Difference.Value, points[1].Wins, points[1].Losses).ShouldBe((0.4, 4, 0));
        (points[2].Wins, points[2].Losses).ShouldBe((6, 1));
        points[1].Edits.ShouldHaveSingleItem().Id.ShouldBe("a");
        points.ShouldAllBe(point => point.Cases == 10 && point.CostLow <= point.CostPerRequest && point.CostPerRequest <= point.CostHigh);
    }

    [Fact]
    public void Of_RunsThatTimedOutWithoutABill_StillCountAsFailures()
    {
        var points = Measure(new Folds().Run("baseline", "++++++++++", 1000, Split.Confirm).Add("slow").Run("slow", "++++++++--", i => i < 8 ? 100 : null, Split.Confirm));
        points[1].PassRate.Value.ShouldBe(0.8);
        points[1].Losses.ShouldBe(2);
        points[1].CostPerRequest.Nano.ShouldBe(100);
    }

    [Fact]
    public void Of_LostRuns_AreNoVerdictForEitherSide()
    {
        var points = Measure(new Folds().Run("baseline", "++?-------", 1000, Split.Confirm).Add("a").Run("a", "?+++++++++", 1000, Split.Confirm));
        points[0].Cases.ShouldBe(9);
        points[1].Cases.ShouldBe(9);
        points[1].PassRate.Value.ShouldBe(1);
        (points[1].Wins, points[1].Losses).ShouldBe((7, 0));
    }

    [Fact]
    public void Of_CostsMostlyUnknownOrNothingInCommon_AreLeftOut()
    {
        var points = Measure(new Folds().Run("baseline", "+++++-----", 1000, Split.Confirm)
            .Add("unpriced").Run("unpriced", "++++++++++", i => i < 5 ? 1 : null, Split.Confirm)
            .Add("lost").Run("lost", "??????????", 1, Split.Confirm)
            .Add("never"));
        points.ShouldHaveSingleItem().IsBaseline.ShouldBeTrue();
        Measure(new Folds().Run("baseline", "??????????", 1000, Split.Confirm).Add("a").Run("a", "++++++++++", 1, Split.Confirm)).ShouldBeEmpty();
        Measure(new Folds()).ShouldBeEmpty();
    }

    [Fact]
    public void Of_SameState_IsTheSame()
    {
        static Folds State() => new Folds().Run("baseline", "++++------", i => 1000 + i, Split.Confirm).Add("a").Run("a", "++++++++--", i => 500 + (7 * i), Split.Confirm);
        Measure(State()).Select(point => (point.CostLow, point.CostHigh)).ShouldBe(Measure(State()).Select(point => (point.CostLow, point.CostHigh)));
    }

    private static IReadOnlyList<FrontierPoint> Measure(Folds folds) => ConfirmedPoints.Of(
        folds.State, [.. folds.State.InOrder.Select(candidate => candidate.Id)],
        [.. Enumerable.Range(0, 10).Select(i => new Case { Id = Folds.CaseOf(i), Input = $"{i}", Group = $"g{i / 2}", Split = Split.Confirm, Sources = ["import"] })]);
}
