using Espalier.Contracts.Judging;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Search;
using Espalier.Core.Tests.Search.World;

namespace Espalier.Core.Tests.Search;

public sealed class SearchStopTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("0.3 0.3 0.3 0.3 0.3", null)]
    [InlineData("0.3 0.3 0.3 0.3 0.3 0.3", "stall")]
    [InlineData("0.3 0.4 0.5 0.5 0.5 0.5", "stall")]
    [InlineData("0.3 0.4 0.5 0.6 0.6 0.6", null)]
    [InlineData("0.3 0.4 0.5 0.5 0.5 0.51", null)]
    [InlineData("0.5 0.5 0.5 0.501 0.502 0.503", "stall")]
    [InlineData("0.5 0.5 0.5 0.6 0.4 0.4", null)]
    [InlineData("0.5 0.5 0.5 0.6 0.4 0.4 0.4", "stall")]
    [InlineData("0 0 0 0 0 0", "stall")]
    [InlineData("0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8", "rounds")]
    public void Check_Hypervolumes_StopWhenNothingMoves(string hypervolumes, string? rule)
    {
        var folds = new Folds();
        var values = hypervolumes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(value => double.Parse(value, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        for (var i = 0; i < values.Count; i++) folds.Apply(new SessionEvent.RoundCompleted(i + 1, [], values[i]));
        SearchStop.Check(folds.State, SessionWorld.Plan(maxRounds: 8))?.Rule.ShouldBe(rule);
        (SearchStop.Check(folds.State, SessionWorld.Plan(maxRounds: 8)) is null).ShouldBe(rule is null);
    }

    [Fact]
    public void WhyNotWorthwhile_EachReason_IsSaid()
    {
        var folds = new Folds().Run("baseline", new string('+', 58) + "--", 1000)
            .Add("new").Add("fine").Run("fine", "++++", 900).Add("lost").Run("lost", "????", 900).Add("unpriced").Run("unpriced", "++++", (long?)null)
            .Add("bad").Run("bad", "----", 5000).Add("futile").Run("futile", "----", 5000).Run("futile", new string('-', 24), 5000);
        string? Why(string name) => SearchStop.WhyNotWorthwhile(folds.State, folds[name]);
        Why("new").ShouldBeNull();
        Why("fine").ShouldBeNull();
        Why("lost").ShouldBe("no run of the smoke block completed: 503");
        Why("unpriced").ShouldBe("its cost is unknown");
        Why("bad").ShouldBeNull("four cases are a smoke test and no verdict");
        Why("futile")!.ShouldStartWith($"dominated by {Folds.Id("baseline").Value[..7]} with probability 1.000");
    }

    [Fact]
    public void WhyNotWorthwhile_NoVerdictOrNoAnswer_NamesTheFirstCase()
    {
        IReadOnlyList<EvidenceRow> rows = [.. Folds.Rows("????", _ => 1).Select((row, i) => row with { Outcome = i == 2 ? "completed" : "failed/tool", Reason = $"reason {i}" })];
        var folds = new Folds().Add("silent").Apply(new SessionEvent.BlockEvaluated(Folds.Id("silent"), Contracts.Datasets.Split.Search, 0, [.. rows.Reverse()]));
        SearchStop.WhyNotWorthwhile(folds.State, folds["silent"]).ShouldBe("no run has a verdict: reason 0");
    }

    [Fact]
    public void DoesNotFit_NextRuns_AreWeighedAgainstTheSearchsPart()
    {
        var plan = SessionWorld.Plan() with { Budget = new Usd(400_000) };
        var folds = new Folds(plan).Run("baseline", new string('+', 100), 1000).Add("a").Add("b", "a").Run("a", "++++", 2000);
        // 300,000 for the search, 108,000 spent; 1.25 * 2000 * 76 = 190,000 fits and 77 runs do not.
        SearchStop.DoesNotFit(folds.State, plan, folds["a"], 76).ShouldBeFalse();
        SearchStop.DoesNotFit(folds.State, plan, folds["a"], 77).ShouldBeTrue();
        SearchStop.DoesNotFit(folds.State, plan, folds["b"], 77).ShouldBeTrue("before its first run a candidate is taken to cost what its parent does");
        SearchStop.DoesNotFit(new Folds(plan).State, plan, new Folds(plan)["baseline"], 1_000_000).ShouldBeFalse();
    }

    [Fact]
    public void IsSpent_CheapestOfTheFrontier_DecidesAndNotTheDearOne()
    {
        var plan = SessionWorld.Plan() with { Budget = new Usd(400_000) };
        var folds = new Folds(plan).Run("baseline", new string('+', 100), 1000).Add("dear").Run("dear", new string('+', 4), 20_000);
        // 300,000 for the search, 180,000 spent: 96 runs at 1,250 still fit.
        SearchStop.DoesNotFit(folds.State, plan, folds["dear"], 96).ShouldBeTrue();
        SearchStop.IsSpent(folds.State, plan, 96).ShouldBeFalse();
        SearchStop.IsSpent(folds.State, plan, 97).ShouldBeTrue();
        folds.Add("cheap").Run("cheap", new string('+', 100), 100);
        SearchStop.IsSpent(folds.State, plan, 880).ShouldBeFalse();
        SearchStop.IsSpent(folds.State, plan, 881).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(60)]
    [InlineData(121)]
    [InlineData(500)]
    public void Range_AllBlocks_CoverEveryCaseOnce(int cases)
    {
        var covered = new List<int>();
        for (var block = 0; ; block++)
        {
            var (start, end) = Blocks.Range(block, cases);
            if (start == end) break;
            covered.AddRange(Enumerable.Range(start, end - start));
        }

        covered.ShouldBe(Enumerable.Range(0, cases));
    }
}
