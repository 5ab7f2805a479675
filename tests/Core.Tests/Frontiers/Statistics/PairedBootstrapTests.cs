using Espalier.Contracts.Shared;
using Espalier.Core.Frontiers.Statistics;
using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Frontiers.Statistics;

public sealed class PairedBootstrapTests
{
    [Fact]
    public void Mean_EqualCosts_HasNoWidth()
    {
        var cost = PairedBootstrap.Mean([.. Enumerable.Repeat(new Usd(41_000), 50)], new Seed(1).For("cost"));
        cost.ShouldBe(new CostInterval(new Usd(41_000), new Usd(41_000), new Usd(41_000)));
    }

    [Fact]
    public void Compare_SameSeed_SameResult()
    {
        var (baseline, candidate) = Costs(80, 7);
        PairedBootstrap.Compare(baseline, candidate, new Seed(3).For("cost"))
            .ShouldBe(PairedBootstrap.Compare(baseline, candidate, new Seed(3).For("cost")));
    }

    [Fact]
    public void Compare_ProportionalCosts_KnowsTheRatioExactly()
    {
        // Pairing is what makes this exact: both means vary, their ratio does not.
        var (baseline, _) = Costs(60, 11);
        var compared = PairedBootstrap.Compare(baseline, [.. baseline.Select(c => new Usd(c.Nano * 3))], new Seed(5).For("cost"));
        compared.Ratio.ShouldBe(new Interval(3, 3, 3));
        compared.Baseline.High.ShouldBeGreaterThan(compared.Baseline.Low);
    }

    [Fact]
    public void Compare_FreeBaseline_HasNoRatio() =>
        PairedBootstrap.Compare([Usd.Zero, Usd.Zero], [new Usd(1), new Usd(2)], new Seed(1).For("cost")).Ratio.ShouldBeNull();

    [Fact]
    public void Mean_CasesOfOneGroup_AreDrawnTogether()
    {
        // Two groups of 50 equal costs are two observations, not a hundred, so the interval spans both.
        Usd[] costs = [.. Enumerable.Repeat(new Usd(100), 50), .. Enumerable.Repeat(new Usd(300), 50)];
        string[] groups = [.. costs.Select(c => c.ToString())];
        PairedBootstrap.Mean(costs, new Seed(1).For("cost"), groups).ShouldBe(new CostInterval(new Usd(200), new Usd(100), new Usd(300)));
    }

    [Fact]
    public void Mean_ManySamples_CoversTheTrueMeanAboutAsOftenAsItSays()
    {
        // Uniform on [0, 2000): mean 1000. 200 intervals at 95% miss 10 on average; 24 or more has probability under 1e-4.
        var rng = new Seed(2024).For("coverage");
        var missed = 0;
        for (var i = 0; i < 200; i++)
        {
            Usd[] sample = [.. Enumerable.Range(0, 60).Select(_ => new Usd(rng.Next(2000)))];
            var cost = PairedBootstrap.Mean(sample, rng, resamples: 500);
            if (cost.Low > new Usd(1000) || cost.High < new Usd(1000)) missed++;
        }

        missed.ShouldBeInRange(1, 24);
    }

    private static (Usd[] Baseline, Usd[] Candidate) Costs(int cases, long seed)
    {
        var rng = new Seed(seed).For("costs");
        Usd[] baseline = [.. Enumerable.Range(0, cases).Select(_ => new Usd(1_000 + rng.Next(90_000)))];
        return (baseline, [.. baseline.Select(c => new Usd((c.Nano / 2) + rng.Next(500)))]);
    }
}
