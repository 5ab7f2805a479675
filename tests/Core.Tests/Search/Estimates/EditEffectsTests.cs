using Espalier.Core.Search.Estimates;
using Espalier.Core.Shared;
using Espalier.Core.Tests.Search.World;

namespace Espalier.Core.Tests.Search.Estimates;

public sealed class EditEffectsTests
{
    [Fact]
    public void Of_NothingTried_IsThePriorWithTheExpectedCost()
    {
        var effect = new EditEffects(new Folds().Run("baseline", "++--", 1000).State).Of(Folds.Edit("new"), Math.Log(0.5));
        effect.Pass.ShouldBe(0.02, 1e-12);
        effect.PassDeviation.ShouldBe(0.12, 1e-12);
        effect.LogCost.ShouldBe(Math.Log(0.5), 1e-12);
        effect.LogCostDeviation.ShouldBe(0.35, 1e-12);
    }

    [Fact]
    public void Of_EditTriedOnSeveralParents_PoolsTheEvidence()
    {
        // The same edit on three parents, each time about 20 points better at half the cost.
        var rng = new Seed(2).For("pooled");
        var good = Folds.Edit("good", "memory");
        var folds = new Folds().Run("baseline", Folds.Draw(rng, 120, 0.5), 1000);
        var once = folds.Add("a", edit: good).Run("a", Folds.Draw(rng, 120, 0.7), 500);
        var afterOne = new EditEffects(once.State).Of(good, 0);
        foreach (var other in new[] { "x", "y" })
        {
            folds.Add(other).Run(other, Folds.Draw(rng, 120, 0.5), 1000);
            folds.Add(other + " good", other, good).Run(other + " good", Folds.Draw(rng, 120, 0.7), 500);
        }

        var afterThree = new EditEffects(folds.State).Of(good, 0);
        afterThree.Pass.ShouldBe(0.2, 0.08);
        afterThree.PassDeviation.ShouldBeLessThan(afterOne.PassDeviation);
        afterThree.LogCost.ShouldBe(Math.Log(0.5), 0.05);
        // Its kind has done well, so an unknown edit of it starts higher than one of a kind that was not seen.
        var effects = new EditEffects(folds.State);
        effects.Of(Folds.Edit("other", "memory"), 0).Pass.ShouldBeGreaterThan(effects.Of(Folds.Edit("other", "context"), 0).Pass + 0.05);
        effects.HasSeenKind("memory").ShouldBeTrue();
        effects.HasSeenKind("context").ShouldBeFalse();
    }

    [Fact]
    public void Of_TruthFromThePrior_LiesWithinTwoDeviationsAsOftenAsItShould()
    {
        var rng = new Seed(5).For("calibration");
        var inside = 0;
        const int worlds = 400;
        for (var i = 0; i < worlds; i++)
        {
            var truth = (rng.NextDouble() - 0.5) * 0.4;
            var edit = Folds.Edit("e");
            var folds = new Folds().Run("baseline", Folds.Draw(rng, 60, 0.5), 1000).Add("a", edit: edit).Run("a", Folds.Draw(rng, 60, 0.5 + truth), 1000);
            var effect = new EditEffects(folds.State).Of(edit, 0);
            if (Math.Abs(effect.Pass - truth) <= 2 * effect.PassDeviation) inside++;
        }

        // Truths are uniform in +-0.2, whose deviation is the prior's; two deviations should hold at least 93% of them.
        (inside / (double)worlds).ShouldBeGreaterThan(0.93);
    }

    [Fact]
    public void Of_TooFewPairsOrUnknownCost_TeachesNothing()
    {
        var edit = Folds.Edit("e");
        var few = new Folds().Run("baseline", "+++", 1).Add("a", edit: edit).Run("a", "---", 1);
        new EditEffects(few.State).Of(edit, 0).Pass.ShouldBe(0.02, 1e-12);
        var unknown = new Folds().Run("baseline", "++++++++", 1).Add("a", edit: edit).Run("a", "--------", (long?)null);
        new EditEffects(unknown.State).Of(edit, 0).Pass.ShouldBe(0.02, 1e-12);
    }
}
