using Espalier.Cli.Frontiers;
using Espalier.Contracts.Frontiers;
using Espalier.Testing;

namespace Espalier.Cli.Tests.Frontiers;

public sealed class FrontierTextTests
{
    [Theory]
    [InlineData(60, false)]
    [InlineData(100, false)]
    [InlineData(140, false)]
    [InlineData(60, true)]
    [InlineData(100, true)]
    public void Render_SampleReport_IsGolden(int width, bool plain) =>
        Golden.Match(FrontierText.Render(SampleReport.Create(), width, plain), $"frontier-{width}{(plain ? "-plain" : "")}.txt");

    [Theory]
    [InlineData(10)]
    [InlineData(60)]
    [InlineData(77)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(133)]
    [InlineData(400)]
    public void Render_AnyWidth_StaysInsideIt(int width)
    {
        foreach (var plain in new[] { false, true })
            foreach (var line in FrontierText.Render(SampleReport.Create(), width, plain).Split('\n'))
                TerminalText.Columns(line).ShouldBeLessThanOrEqualTo(Math.Clamp(width, FrontierText.MinWidth, FrontierText.MaxWidth), line);
    }

    [Fact]
    public void Render_Plain_IsAscii() => FrontierText.Render(Hostile(), 100, plain: true).ShouldAllBe(c => c == '\n' || (c >= ' ' && c <= '~'));

    [Fact]
    public void Render_EscapeCodesInEdits_NeverReachTheTerminal() =>
        FrontierText.Render(Hostile()).ShouldAllBe(c => c == '\n' || !char.IsControl(c));

    [Fact]
    public void Render_NothingConfirmed_SaysSo() =>
        FrontierText.Render(SampleReport.Create() with { Points = [] }).ShouldStartWith("Nothing was confirmed");

    [Fact]
    public void Render_OnlyTheBaseline_SaysThatNothingWasBetter()
    {
        var report = SampleReport.Create();
        FrontierText.Render(report with { Points = [.. report.Points.Where(p => p.IsBaseline)] }).ShouldStartWith("No version was good enough");
    }

    [Fact]
    public void Render_BooksDisagree_SaysSoFirst()
    {
        var report = SampleReport.Create();
        FrontierText.Render(report with { Money = report.Money with { Ledger = default } }).ShouldStartWith("! The books do not agree");
    }

    private static FrontierReport Hostile()
    {
        var report = SampleReport.Create();
        var edit = SampleReport.Edit("memory", "\u001b]0;owned\u0007\u001b[31mred\r\n\u202Eesrever\u009b2J \u7d75\u6587\u5b57 \U0001F600");
        return report with { Points = [.. report.Points.Select(p => p.IsBaseline ? p : p with { Edits = [edit] })] };
    }
}
