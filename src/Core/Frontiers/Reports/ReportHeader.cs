using System.Reflection;
using System.Text;
using Espalier.Contracts.Frontiers;
using static Espalier.Core.Frontiers.Reports.Markup;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>The top of the page: bad news, the result in one sentence, the four figures behind it.</summary>
internal static class ReportHeader
{
    private static readonly string s_product = typeof(ReportHeader).Assembly.GetCustomAttribute<AssemblyProductAttribute>()?.Product ?? "";

    public static void Append(StringBuilder html, FrontierReport report, FrontierVerdict verdict)
    {
        html.Append($"""
            <header>
            <p class="crumb"><b>{Text(s_product)}</b> <span>/</span> {Text(report.Agent)} <span>/</span> {Text(report.Session.Value)}</p>
            <h1>{Text(report.Agent)}</h1>

            """);
        foreach (var warning in verdict.Warnings) html.Append($"""<p class="warning" role="note">{Text(warning)}</p>""").Append('\n');
        html.Append($"""<p class="result">{Text(verdict.Sentence)}</p>""").Append('\n');
        html.Append($"""
            <p class="facts"><span>goal {Text(report.Goal.ToString().ToLowerInvariant())}</span><span>seed {report.Seed}</span><span>{report.Stop.Rounds} rounds</span><span>{report.Nodes.Count} versions</span><span>{Text(report.Dataset.Name)}@{Text(report.Dataset.Revision.Value)}</span><span>{Text(report.Stop.Reason)}</span></p>
            <dl class="tiles">

            """);
        AppendTiles(html, report, verdict);
        html.Append("</dl>\n</header>\n");
    }

    private static void AppendTiles(StringBuilder html, FrontierReport report, FrontierVerdict verdict)
    {
        if (verdict.Best is { } best && report.Points.FirstOrDefault(p => p.IsBaseline) is { } baseline)
        {
            Tile(html, $"Best confirmed, {FrontierWords.ShortId(best.Version)}", FrontierWords.Rate(best.PassRate.Value),
                $"{FrontierWords.Rate(best.PassRate.Low)} to {FrontierWords.Rate(best.PassRate.High)}");
            var tone = best.Difference.Low > 0 ? "good" : best.Difference.High < 0 ? "bad" : "";
            Tile(html, "Against the baseline", $"{FrontierWords.Points(best.Difference.Value)} pt",
                $"{FrontierWords.Points(best.Difference.Low)} to {FrontierWords.Points(best.Difference.High)}; {best.Wins} won, {best.Losses} lost", tone);
            var change = baseline.CostPerRequest == default ? "" : $"{Change((double)best.CostPerRequest.Nano / baseline.CostPerRequest.Nano)} on {FrontierWords.PerThousand(baseline.CostPerRequest)}";
            Tile(html, "Cost per 1,000 requests", FrontierWords.PerThousand(best.CostPerRequest), change);
        }

        var share = report.Money.Budget.Nano > 0 ? Math.Clamp((double)report.Money.Spent.Nano / report.Money.Budget.Nano, 0, 1) : 1;
        html.Append($"""<div><dt>Spent</dt><dd>{FrontierWords.Money(report.Money.Spent)} <small>of {FrontierWords.Money(report.Money.Budget)}</small></dd><dd class="sub"><svg class="meter" width="160" height="8" viewBox="0 0 160 8" preserveAspectRatio="none" aria-hidden="true"><rect class="all" width="160" height="8" rx="4"/><rect class="part" width="{Number(Math.Max(3, 160 * share))}" height="8" rx="4"/></svg></dd></div>""").Append('\n');
        Tile(html, "Cases", $"{report.Dataset.Confirm:N0}", $"confirm; {report.Dataset.Search:N0} search, {report.Dataset.Vault:N0} vault unopened");
    }

    private static string Change(double ratio) => ratio switch
    {
        < 0.995 => $"−{Math.Round((1 - ratio) * 100)}%",
        > 1.005 => $"+{Math.Round((ratio - 1) * 100)}%",
        _ => "same",
    };

    private static void Tile(StringBuilder html, string label, string value, string below, string tone = "") =>
        html.Append($"""<div><dt>{Text(label)}</dt><dd class="{tone}">{Text(value)}</dd><dd class="sub">{Text(below)}</dd></div>""").Append('\n');
}
