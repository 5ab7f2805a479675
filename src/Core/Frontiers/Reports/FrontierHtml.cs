using System.Security.Cryptography;
using System.Text;
using Espalier.Contracts.Frontiers;
using static Espalier.Core.Frontiers.Reports.Markup;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>A session's report as one HTML file that loads nothing, works without scripts, prints, and is light or dark.</summary>
/// <remarks>What requests, models and proposers wrote is hostile text: it is escaped at the one place that writes it, and the page's
/// content policy lets no other style or script run than the two of this assembly, by their hashes. Pure: equal reports, equal bytes.</remarks>
public static class FrontierHtml
{
    public static string Render(FrontierReport report)
    {
        var style = ReportAssets.Tokens + "\n" + ReportAssets.Plot + "\n" + ReportAssets.Page;
        var verdict = FrontierVerdict.Of(report);
        var tree = new ReportTree(report);
        var html = new StringBuilder();
        html.Append($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src {Hash(style)}; script-src {Hash(ReportAssets.Script)}; base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>{Text(report.Agent)}: frontier of {Text(report.Session.Value)}</title>
            <style>
            """).Append(style).Append("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#frontier\">Skip to the frontier</a>\n");
        ReportHeader.Append(html, report, verdict);
        html.Append("<main>\n");
        AppendPlot(html, report);
        ReportFrontierTable.Append(html, report, verdict, tree);
        AppendTree(html, tree);
        ReportVersions.Append(html, report, verdict, tree);
        ReportEndings.AppendRefused(html, report, tree);
        ReportEndings.AppendMoney(html, report.Money);
        ReportEndings.AppendNext(html, report);
        ReportEndings.AppendReading(html, report);
        return html.Append("</main>\n<script>").Append(ReportAssets.Script).Append("</script>\n</body>\n</html>\n").ToString();
    }

    /// <summary>What a content policy calls this exact text.</summary>
    internal static string Hash(string content) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}'";

    private static void AppendPlot(StringBuilder html, FrontierReport report)
    {
        html.Append("""<section class="panel" aria-labelledby="plot"><h2 id="plot">Pass rate against cost</h2>""").Append('\n');
        html.Append("""<figure class="plot">""").Append('\n').Append(FrontierSvg.Draw(report, PlotFrame.Wide)).Append(FrontierSvg.Draw(report, PlotFrame.Narrow));
        html.Append("<figcaption>Only confirmed versions are drawn. The line is what can be had for a cost; lines through points are 95% intervals. The green field is better and cheaper than the baseline.</figcaption></figure></section>\n");
    }

    private static void AppendTree(StringBuilder html, ReportTree tree)
    {
        html.Append($"""<section class="panel" aria-labelledby="tree"><h2 id="tree">Tree <small>{tree.Count} versions, pass rates on the search split</small></h2>""").Append('\n');
        html.Append("""<ul class="legend"><li><i class="key s-frontier"></i>On the frontier</li><li><i class="key s-shortlisted"></i>Confirmed, dominated</li><li><i class="key s-active"></i>Not shortlisted</li><li><i class="key s-dominated"></i>Dominated or pruned</li></ul>""").Append('\n');
        html.Append("""<div class="scroll mapbox" tabindex="0" role="region" aria-label="Map of the search, scrolls sideways">""").Append('\n').Append(new TreeMapSvg(tree).Render()).Append("</div>\n");
        html.Append("""<ul class="outline">""").Append('\n');
        foreach (var root in tree.Roots) AppendOutline(html, tree, root);
        html.Append("</ul></section>\n");
    }

    private static void AppendOutline(StringBuilder html, ReportTree tree, ReportNode node)
    {
        var rate = node.SearchPassRate is { } passed ? FrontierWords.Rate(passed.Value) : "—";
        html.Append($"""<li class="{ReportTree.Class(node.Status)}"><a href="#{tree.Anchor(node.Version)}"><span class="kind {EditWords.Class(node.Edit?.Kind)}">{EditWords.Glyph(node.Edit?.Kind)}</span><span class="rate">{rate}</span> <span class="what">{Text(node.Edit?.Title ?? "Baseline")}</span></a>""");
        var children = tree.ChildrenOf(node);
        if (children.Count > 0)
        {
            html.Append("\n<ul>\n");
            foreach (var child in children) AppendOutline(html, tree, child);
            html.Append("</ul>");
        }

        html.Append("</li>\n");
    }
}
