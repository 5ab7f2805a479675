using Espalier.Contracts.Search;
using Espalier.Core.Search;
using Espalier.Core.Tests.Search.World;

namespace Espalier.Core.Tests.Search;

public sealed class SearchFrontierTests
{
    [Fact]
    public void Of_State_HoldsTheUndominatedWithFullEvidenceCheapestFirst() =>
        Names(SearchFrontier.Of(Tree().State)).ShouldBe(["tiny", "cheap", "best", "dear"]);

    [Fact]
    public void Shortlist_EnoughMoney_IsTheBaselineThenTheBestAtNoHigherCostTheBestAndTheCheapest()
    {
        var state = Tree().State;
        Shortlist(state, size: 6).ShouldBe(["baseline", "best", "dear", "tiny", "cheap"]);
        Shortlist(state, size: 3).ShouldBe(["baseline", "best", "dear", "tiny"]);
        Shortlist(state, size: 2).ShouldBe(["baseline", "best", "dear"]);
        Shortlist(state, size: 1).ShouldBe(["baseline", "best"]);
    }

    [Fact]
    public void Shortlist_LittleMoney_LeavesOutWhatItDoesNotPayFor()
    {
        var state = Tree().State;
        // 100 cases: the baseline costs 100,000 of them, best 80,000, dear 500,000, tiny 5,000, cheap 20,000.
        Shortlist(state, size: 6, confirmBudget: 250_000 * 1.15).ShouldBe(["baseline", "best", "tiny", "cheap"]);
        Shortlist(state, size: 6, confirmBudget: 130_000 * 1.15).ShouldBe(["baseline", "tiny", "cheap"]);
        Shortlist(state, size: 6, confirmBudget: 50_000).ShouldBe(["baseline"]);
    }

    [Fact]
    public void Shortlist_NothingButTheBaseline_IsTheBaseline()
    {
        Shortlist(new Folds().Run("baseline", "+-+-", 1000).State, size: 6).ShouldBe(["baseline"]);
        Shortlist(new Folds().Run("baseline", "+-+-", (long?)null).Add("a").Run("a", "++++", (long?)null).State, size: 6).ShouldBe(["baseline"]);
    }

    [Fact]
    public void Hypervolume_BetterVersion_MakesItGrow()
    {
        var folds = new Folds().Run("baseline", "++--", 1000);
        // Half passes at 1000 of 1500: 0.5 * 500 / 1500.
        SearchFrontier.Hypervolume(folds.State).ShouldBe(0.5 / 3, 1e-9);
        folds.Add("a").Run("a", "+++-", 500);
        SearchFrontier.Hypervolume(folds.State).ShouldBe(0.75 * 1000 / 1500, 1e-9);
        folds.Add("b").Run("b", "++++", 1600);
        SearchFrontier.Hypervolume(folds.State).ShouldBe(0.75 * 1000 / 1500, 1e-9, "dearer than the reference point adds nothing");
    }

    [Fact]
    public void Hypervolume_NoOrFreeBaseline_IsZero()
    {
        SearchFrontier.Hypervolume(new Folds().State).ShouldBe(0);
        SearchFrontier.Hypervolume(new Folds().Run("baseline", "++++", 0).State).ShouldBe(0);
        SearchFrontier.Hypervolume(new Folds().Run("baseline", "++++", (long?)null).State).ShouldBe(0);
    }

    [Fact]
    public void Dominator_PruningInAnyOrder_EndsTheSame()
    {
        var folds = new Folds().Run("baseline", Bar(30, 60), 1000)
            .Add("good").Run("good", Bar(57, 60), 500)
            .Add("bad").Run("bad", Bar(20, 60), 1500)
            .Add("worse").Run("worse", Bar(10, 60), 2000);
        SearchFrontier.Dominator(folds.State, folds["bad"])!.Value.By.ShouldBe(Folds.Id("good"));
        SearchFrontier.Dominator(folds.State, folds["good"]).ShouldBeNull();
        var before = SearchFrontier.Dominator(folds.State, folds["worse"]);
        folds.Apply(new SessionEvent.CandidatePruned(Folds.Id("bad"), Folds.Id("good"), 0.99));
        SearchFrontier.Dominator(folds.State, folds["worse"]).ShouldBe(before);
    }

    [Fact]
    public void Dominator_LessEvidenceThanTheCandidate_CannotPruneIt()
    {
        var folds = new Folds().Run("baseline", Bar(30, 60), 1000).Add("lucky").Run("lucky", Bar(24, 24), 100).Add("steady").Run("steady", Bar(30, 60), 900);
        SearchFrontier.Dominator(folds.State, folds["steady"]).ShouldBeNull();
    }

    private static string Bar(int passed, int cases) => new string('+', passed) + new string('-', cases - passed);

    private static Folds Tree() => new Folds()
        .Run("baseline", Bar(30, 60), 1000)
        .Add("best").Run("best", Bar(48, 60), 800)
        .Add("dear").Run("dear", Bar(54, 60), 5000)
        .Add("tiny").Run("tiny", Bar(20, 60), 50)
        .Add("cheap").Run("cheap", Bar(34, 60), 200)
        .Add("worse").Run("worse", Bar(31, 60), 900)
        .Add("partial").Run("partial", Bar(24, 24), 10)
        .Add("pruned").Run("pruned", Bar(60, 60), 10).Apply(new SessionEvent.CandidatePruned(Folds.Id("pruned"), Folds.Id("best"), 0.99))
        .Add("stopped").Run("stopped", Bar(60, 60), 10).Apply(new SessionEvent.EvaluationStopped(Folds.Id("stopped"), 60, "why"))
        .Add("unpriced").Run("unpriced", Bar(60, 60), (long?)null);

    private static List<string> Names(IEnumerable<Candidate> candidates) => [.. candidates.Select(candidate => candidate.Version.Title)];

    private static List<string> Shortlist(SessionFold state, int size, double confirmBudget = 1e12)
    {
        var plan = SessionWorld.Plan() with { ShortlistSize = size, Budget = new((long)(confirmBudget / 0.25)) };
        return [.. SearchFrontier.Shortlist(state, plan, 100).Select(version => state.Candidates[version].Version.Title)];
    }
}
