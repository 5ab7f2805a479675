using Espalier.Core.Search;
using Espalier.Core.Search.Choice;
using Espalier.Core.Search.Estimates;
using Espalier.Core.Search.Proposers;
using Espalier.Core.Shared;
using Espalier.Core.Tests.Search.World;

namespace Espalier.Core.Tests.Search.Choice;

public sealed class ProposalChooserTests
{
    private static readonly IReadOnlyList<Proposal> Proposals = [.. Enumerable.Range(0, 6).Select(i => new Proposal(Folds.Edit($"e{i}"), 0))];

    [Fact]
    public void RankParentsAndChoose_SameSeedRoundAndSlot_AreTheSame()
    {
        var state = Tree().State;
        var effects = new EditEffects(state);
        for (var slot = 0; slot < 20; slot++)
        {
            var (first, second) = (Ranked(state, 3, slot), Ranked(state, 3, slot));
            first.ShouldBe(second);
            new ProposalChooser(new Seed(3)).Choose(first[0], Proposals, effects, 1, slot)
                .ShouldBe(new ProposalChooser(new Seed(3)).Choose(second[0], Proposals, effects, 1, slot));
        }

        Enumerable.Range(0, 20).Select(slot => Ranked(state, 3, slot)[0].Parent.Id).Distinct().Count().ShouldBeGreaterThan(1);
    }

    [Fact]
    public void RankParents_ManySlots_PrefersTheBestKeepsTheOthersAndStartsATenthAnew()
    {
        var state = Tree().State;
        var choices = Enumerable.Range(0, 1000).Select(slot => Ranked(state, 9, slot)).ToList();
        choices.Average(ranked => ranked[0].Independent ? 1.0 : 0).ShouldBe(0.1, 0.03);
        choices.Where(ranked => ranked[0].Independent).ShouldAllBe(ranked => ranked[0].Parent.Parent == null);
        var first = choices.Where(ranked => !ranked[0].Independent).CountBy(ranked => ranked[0].Parent.Version.Title).ToDictionary();
        first["good"].ShouldBeGreaterThan(200);
        first["good"].ShouldBeGreaterThan(10 * first.GetValueOrDefault("baseline"));
        first["cheap"].ShouldBeGreaterThan(200, "what passes less at a third of the cost is the best for whoever counts money");
        // Dominated and stopped ones, ones without evidence or cost never are parents.
        choices.ShouldAllBe(ranked => ranked.All(choice => choice.Parent.Version.Title != "dominated" && choice.Parent.Version.Title != "stopped"
            && choice.Parent.Version.Title != "new" && choice.Parent.Version.Title != "unpriced"));
    }

    [Fact]
    public void RankParents_ManyChildren_MakeAParentLessLikely()
    {
        var few = new Folds().Run("baseline", "+-+-+-+-+-+-+-+-", 1000).Add("a").Run("a", "+-+-+-+-+-+-+-+-", 1000);
        var many = new Folds().Run("baseline", "+-+-+-+-+-+-+-+-", 1000).Add("a").Run("a", "+-+-+-+-+-+-+-+-", 1000);
        for (var i = 0; i < 30; i++) many.Add($"child {i}", "a");
        int Firsts(SessionFold state) => Enumerable.Range(0, 400).Count(slot => Ranked(state, 4, slot)[0].Parent.Version.Title == "a");
        Firsts(many.State).ShouldBeLessThan(Firsts(few.State) / 2);
    }

    [Fact]
    public void Choose_UnknownEditsAlike_TakesEachEquallyOften()
    {
        var state = Tree().State;
        var effects = new EditEffects(state);
        var counts = new Dictionary<string, int>();
        for (var seed = 0; seed < 1200; seed++)
        {
            var chosen = new ProposalChooser(new Seed(seed)).Choose(new ParentChoice(state.BaselineCandidate, 0.05, false), Proposals, effects, 1, 0)!;
            counts[chosen.Edit.Id] = counts.GetValueOrDefault(chosen.Edit.Id) + 1;
        }

        counts.Count.ShouldBe(6);
        // 200 expected each with a standard deviation of 13; four of them.
        counts.Values.ShouldAllBe(count => count > 148 && count < 252);
    }

    [Fact]
    public void Choose_ProvenEdit_IsMostlyTakenUnlessTheChoiceIsIndependent()
    {
        var rng = new Seed(6).For("proven");
        var state = new Folds().Run("baseline", Folds.Draw(rng, 120, 0.4), 1000).Add("a", edit: Folds.Edit("e0")).Run("a", Folds.Draw(rng, 120, 0.8), 1000).State;
        var effects = new EditEffects(state);
        int Proven(bool independent) => Enumerable.Range(0, 600).Count(seed =>
            new ProposalChooser(new Seed(seed)).Choose(new ParentChoice(state.BaselineCandidate, 0.05, independent), Proposals, effects, 1, 0)!.Edit.Id == "e0");
        Proven(independent: false).ShouldBeGreaterThan(300);
        Proven(independent: true).ShouldBeInRange(60, 140);
    }

    [Fact]
    public void Choose_NoProposals_IsNull() =>
        new ProposalChooser(new Seed(1)).Choose(new ParentChoice(Tree().State.BaselineCandidate, 0, false), [], new EditEffects(Tree().State), 1, 0).ShouldBeNull();

    private static List<ParentChoice> Ranked(SessionFold state, long seed, int slot) => [.. new ProposalChooser(new Seed(seed)).RankParents(state, 1, slot)];

    private static Folds Tree()
    {
        var rng = new Seed(1).For("tree");
        var folds = new Folds().Run("baseline", Folds.Draw(rng, 60, 0.4), 1000)
            .Add("good").Run("good", Folds.Draw(rng, 60, 0.8), 800)
            .Add("cheap").Run("cheap", Folds.Draw(rng, 60, 0.55), 300)
            .Add("dominated").Run("dominated", Folds.Draw(rng, 60, 0.9), 900)
            .Add("stopped").Run("stopped", Folds.Draw(rng, 24, 0.9), 900)
            .Add("unpriced").Run("unpriced", Folds.Draw(rng, 60, 0.9), (long?)null)
            .Add("new");
        return folds.Apply(new Contracts.Search.SessionEvent.CandidatePruned(Folds.Id("dominated"), Folds.Id("good"), 0.99))
            .Apply(new Contracts.Search.SessionEvent.EvaluationStopped(Folds.Id("stopped"), 24, "futile"));
    }
}
