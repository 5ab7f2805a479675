using System.Xml.Linq;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Shared;
using Espalier.Core.Frontiers.Reports;
using Espalier.Testing;

namespace Espalier.Core.Tests.Frontiers.Reports;

public sealed class FrontierSvgTests
{
    [Fact]
    public void Render_SampleReport_IsGolden() => Golden.Match(FrontierSvg.Render(SampleReport.Create()), "frontier.svg");

    [Fact]
    public void Render_CostsFarApart_IsOnALogScale() => FrontierSvg.Render(SampleReport.Create()).ShouldContain("log scale");

    [Fact]
    public void Render_CostsClose_IsOnALinearScale()
    {
        var report = SampleReport.Create();
        FrontierSvg.Render(report with { Points = [.. report.Points.Where(p => p.CostPerRequest < new Usd(60_000))] }).ShouldNotContain("log scale");
    }

    [Fact]
    public void Render_PointsInAnotherOrder_SamePicture()
    {
        var report = SampleReport.Create();
        FrontierSvg.Render(report with { Points = [.. report.Points.Reverse()] }).ShouldBe(FrontierSvg.Render(report));
    }

    [Fact]
    public void Render_OddReports_AreWellFormed()
    {
        var report = SampleReport.Create();
        var baseline = report.Points.First(p => p.IsBaseline);
        FrontierPoint[][] odd =
        [
            [], [baseline], [baseline with { OnFrontier = true }], [.. report.Points.Where(p => !p.IsBaseline)],
            [baseline with { CostPerRequest = Usd.Zero, CostLow = Usd.Zero, CostHigh = Usd.Zero }],
            [.. report.Points.Select(p => p with { CostPerRequest = Usd.Zero, CostLow = Usd.Zero, CostHigh = Usd.Zero })],
            [.. report.Points.Select(p => p with { PassRate = new Interval(1, 0.98, 1) })],
            [.. report.Points.Select(p => p with { PassRate = new Interval(0, 0, 0) })],
            [.. report.Points, .. report.Points, .. report.Points],
        ];
        foreach (var points in odd)
        {
            var svg = FrontierSvg.Render(report with { Points = points });
            XDocument.Parse(svg);
            svg.ShouldNotContain("NaN");
            svg.ShouldNotContain("∞");
            svg.ShouldNotContain("Infinity");
        }
    }
}
