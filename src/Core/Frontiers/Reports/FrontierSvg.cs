using System.Text;
using Espalier.Contracts.Frontiers;
using static Espalier.Core.Frontiers.Reports.Markup;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>The frontier as a picture: pass rate against cost per request, every confirmed version with its intervals.</summary>
/// <remarks>A standalone SVG without scripts and without anything to load; light or dark as the viewer prefers. Pure: equal reports
/// give equal bytes. Labels that find no place are left out, never laid over each other.</remarks>
public static class FrontierSvg
{
    public static string Render(FrontierReport report) => Draw(report, PlotFrame.Standalone);

    internal static string Draw(FrontierReport report, PlotFrame frame)
    {
        var verdict = FrontierVerdict.Of(report);
        var svg = new StringBuilder();
        svg.Append($"""<svg xmlns="http://www.w3.org/2000/svg" class="fp {frame.Class}" width="{frame.Width}" height="{frame.Height}" viewBox="0 0 {frame.Width} {frame.Height}" role="img" aria-label="{Text("Pass rate against cost per request. " + verdict.Sentence)}">""").Append('\n');
        if (frame.HasTitle)
        {
            svg.Append("<style>\n").Append(ReportAssets.Tokens).Append('\n').Append(ReportAssets.Plot).Append("\n</style>\n");
            svg.Append($"""<rect class="back" x=".5" y=".5" width="{frame.Width - 1}" height="{frame.Height - 1}" rx="10"/>""").Append('\n');
            svg.Append($"""<text class="title" x="28" y="40">{Text(Cut(report.Agent, 60))}: pass rate against cost</text>""").Append('\n');
            foreach (var (line, i) in Wrap(verdict.Sentence, 138).Take(2).Select((line, i) => (line, i)))
                svg.Append($"""<text class="said" x="28" y="{62 + (17 * i)}">{Text(line)}</text>""").Append('\n');
        }

        if (report.Points.Count == 0)
            svg.Append($"""<text class="none" x="{frame.Width / 2}" y="{frame.Height / 2}" text-anchor="middle">Nothing was confirmed.</text>""").Append('\n');
        else
            new FrontierPlot(report, verdict, frame).AppendTo(svg);
        return svg.Append("</svg>\n").ToString();
    }

    // SVG text does not break by itself.
    private static IEnumerable<string> Wrap(string text, int length)
    {
        while (text.Length > length)
        {
            var space = text.LastIndexOf(' ', length);
            if (space <= 0) space = length;
            yield return text[..space];
            text = text[space..].TrimStart();
        }

        yield return text;
    }
}

/// <summary>Where a plot is drawn. Text is not scaled, so a narrow page gets a plot of its own.</summary>
internal sealed record PlotFrame(string Class, int Width, int Height, int Left, int Top, int Right, int Bottom, bool HasTitle, int LabelLength, double Reach)
{
    public static PlotFrame Standalone { get; } = new("alone", 960, 600, 68, 148, 32, 62, HasTitle: true, 46, Reach: 60);

    public static PlotFrame Wide { get; } = new("wide", 1100, 540, 56, 68, 16, 54, HasTitle: false, 46, Reach: 60);

    public static PlotFrame Narrow { get; } = new("narrow", 356, 400, 42, 64, 10, 52, HasTitle: false, 20, Reach: 24);

    public bool IsNarrow => Width < 500;
}
