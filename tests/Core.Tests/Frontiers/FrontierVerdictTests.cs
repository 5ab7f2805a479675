using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Shared;
using Espalier.Testing;

namespace Espalier.Core.Tests.Frontiers;

public sealed class FrontierVerdictTests
{
    [Fact]
    public void Of_SampleReport_SaysTheResultInOneSentence() => FrontierVerdict.Of(SampleReport.Create(), plain: true).Sentence.ShouldBe(
        "Pass rate 31.0% -> 68.0% (+37.0 pt, 95% +29 to +44) at $0.0000412 -> $0.0000339 a request, confirmed on 200 cases the search never saw.");

    [Fact]
    public void Of_HigherRateAtHigherCost_PrefersTheOneThatIsNotDearer()
    {
        var report = SampleReport.Create();
        var dearest = report.Points.MaxBy(p => p.PassRate.Value)!;
        var changed = report with { Points = [.. report.Points.Select(p => p == dearest ? p with { CostPerRequest = new Usd(50_000) } : p)] };
        FrontierVerdict.Of(changed).Best!.PassRate.Value.ShouldBe(0.625);
    }

    [Fact]
    public void Of_OnlyDearerGains_WarnsAboutIt()
    {
        var report = SampleReport.Create();
        var changed = report with { Points = [.. report.Points.Select(p => p.IsBaseline ? p with { CostPerRequest = new Usd(1), CostLow = new Usd(1), CostHigh = new Usd(1) } : p)] };
        FrontierVerdict.Of(changed).Warnings.ShouldHaveSingleItem().ShouldContain("costs more");
    }

    [Fact]
    public void Of_DifferenceHoldsZeroButCheaper_SaysNoDifferenceShown()
    {
        var report = SampleReport.Create();
        var changed = report with { Points = [.. report.Points.Where(p => p.IsBaseline || p.PassRate.Value < 0.3)] };
        var verdict = FrontierVerdict.Of(changed, plain: true);
        verdict.Best.ShouldNotBeNull();
        verdict.Sentence.ShouldStartWith("Cost $0.0000412 -> $0.00000914 a request; pass rate 31.0% -> 27.5%, no difference shown (-3.5 pt, 95% -10 to +3)");
    }

    [Fact]
    public void Of_NothingBetter_SaysSo()
    {
        var report = SampleReport.Create();
        var changed = report with { Points = [.. report.Points.Where(p => p.IsBaseline || p.CostPerRequest > new Usd(100_000)).Select(p => p with { Difference = new Interval(0.01, -0.04, 0.06) })] };
        var verdict = FrontierVerdict.Of(changed);
        verdict.Best.ShouldBeNull();
        verdict.Sentence.ShouldStartWith("No version is shown to be better than the baseline.");
    }

    [Fact]
    public void Of_FewCases_WarnsAboutIt()
    {
        var report = SampleReport.Create();
        FrontierVerdict.Of(report with { Points = [.. report.Points.Select(p => p with { Cases = 20 })] }).Warnings.ShouldContain(w => w.StartsWith("Only 20 confirm cases"));
    }

    [Theory]
    [InlineData(0, "$0")]
    [InlineData(9, "$0.00000000900")]
    [InlineData(41_234, "$0.0000412")]
    [InlineData(99_990_000, "$0.1000")]
    [InlineData(544_115_322, "$0.544")]
    [InlineData(1_234_567_890_123, "$1,234.57")]
    public void Money_AnyAmount_HasThreeDigitsOrCents(long nano, string said) => FrontierWords.Money(new Usd(nano)).ShouldBe(said);

    [Theory]
    [InlineData(0.315, "+31.5")]
    [InlineData(-0.0349, "-3.5")]
    [InlineData(0.0001, "0.0")]
    public void Points_AnyDifference_HasItsSign(double difference, string said) => FrontierWords.Points(difference, plain: true).ShouldBe(said);
}
