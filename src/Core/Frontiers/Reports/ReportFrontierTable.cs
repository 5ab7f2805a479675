using System.Text;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Shared;
using static Espalier.Core.Frontiers.Reports.Markup;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>The confirmed versions as rows: the baseline first, then the frontier from the highest pass rate, then the dominated ones.</summary>
internal static class ReportFrontierTable
{
    public static void Append(StringBuilder html, FrontierReport report, FrontierVerdict verdict, ReportTree tree)
    {
        // Agents without tools have nothing to miss.
        var tools = report.Points.Any(point => point.Tools is not null);
        var misses = tools ? """<th scope="col" class="num">Tool misses</th>""" : "";
        html.Append($"""
            <section class="panel" aria-labelledby="frontier"><h2 id="frontier">Frontier <small>{report.Dataset.Confirm:N0} confirm cases, 95% intervals</small></h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Frontier table, scrolls sideways"><table class="points">
            <thead><tr><th scope="col">Version</th><th scope="col" class="num">Pass rate</th><th scope="col" class="num">Cost per 1,000</th><th scope="col" class="num">Difference, pt</th><th scope="col" class="num">Won / lost</th>{misses}<th scope="col">Edits</th></tr></thead>
            <tbody>

            """);
        foreach (var point in Order(report.Points)) AppendRow(html, point, point == verdict.Best, tree, tools);
        html.Append("</tbody></table></div></section>\n");
    }

    public static IOrderedEnumerable<FrontierPoint> Order(IEnumerable<FrontierPoint> points) => points
        .OrderByDescending(p => p.IsBaseline).ThenByDescending(p => p.OnFrontier).ThenByDescending(p => p.PassRate.Value)
        .ThenBy(p => p.CostPerRequest).ThenBy(p => p.Version.Value, StringComparer.Ordinal);

    private static void AppendRow(StringBuilder html, FrontierPoint point, bool isBest, ReportTree tree, bool tools)
    {
        var state = point.IsBaseline ? "baseline" : point.OnFrontier ? "on" : "off";
        var tag = point.IsBaseline ? "★" : point.OnFrontier ? "●" : "○";
        var said = point.IsBaseline ? "baseline" : point.OnFrontier ? "on the frontier" : "dominated";
        html.Append($"""<tr class="{state}{(isBest ? " best" : "")}"><th scope="row"><span class="mark" role="img" aria-label="{said}">{tag}</span> <a href="#{tree.Anchor(point.Version)}"><code>{Text(FrontierWords.ShortId(point.Version))}</code></a></th>""");
        html.Append($"""<td class="num" data-label="Pass rate">{FrontierWords.Rate(point.PassRate.Value)}<small>{Bounds(point.PassRate)}</small></td>""");
        html.Append($"""<td class="num" data-label="Cost per 1,000"><span title="${point.CostPerRequest} a request">{FrontierWords.PerThousand(point.CostPerRequest)}</span><small>{Amount(point.CostLow)} to {Amount(point.CostHigh)}</small></td>""");
        var misses = tools ? $"""<td class="num" data-label="Tool misses"><span title="{Text(FrontierWords.MissesInWords(point.Tools) ?? "every call was answered from a recording")}">{FrontierWords.Misses(point.Tools)}</span></td>""" : "";
        if (point.IsBaseline)
        {
            html.Append($"""<td class="num none" data-label="Difference, pt">—</td><td class="num none" data-label="Won / lost">—</td>{misses}<td>Baseline, as imported</td>""");
        }
        else
        {
            var tone = point.Difference.Low > 0 ? " good" : point.Difference.High < 0 ? " bad" : "";
            html.Append($"""<td class="num{tone}" data-label="Difference, pt">{FrontierWords.Points(point.Difference.Value)}<small>{FrontierWords.Points(point.Difference.Low)} to {FrontierWords.Points(point.Difference.High)}{(tone == "" ? "<br>no difference shown" : "")}</small></td>""");
            html.Append($"""<td class="num" data-label="Won / lost">{point.Wins} / {point.Losses}</td>{misses}<td><ol class="edits">""");
            foreach (var edit in point.Edits)
                html.Append($"""<li><span class="kind {EditWords.Class(edit.Kind)}" title="{Text(edit.Kind)}">{EditWords.Glyph(edit.Kind)}</span>{Text(edit.Title)}</li>""");
            html.Append("</ol></td>");
        }

        html.Append("</tr>\n");
    }

    private static string Amount(Usd cost) => FrontierWords.PerThousand(cost);

    private static string Bounds(Interval interval) => $"{FrontierWords.Rate(interval.Low)} to {FrontierWords.Rate(interval.High)}";
}
