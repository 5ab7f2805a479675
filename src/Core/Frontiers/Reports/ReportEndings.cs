using System.Text;
using Espalier.Contracts.Frontiers;
using static Espalier.Core.Frontiers.Reports.Markup;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>What came to nothing, what it all cost, what to do next, and how to read the numbers.</summary>
internal static class ReportEndings
{
    public static void AppendRefused(StringBuilder html, FrontierReport report, ReportTree tree)
    {
        var pruned = report.Nodes.Where(n => n.Status is NodeStatus.Pruned or NodeStatus.Dominated).ToArray();
        if (pruned.Length == 0 && report.Refused.Count == 0) return;
        html.Append($"""
            <section class="panel" aria-labelledby="refused"><h2 id="refused">What came to nothing <small>{report.Refused.Count} refused, {pruned.Length} pruned or dominated in the search</small></h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Refused and pruned edits"><table class="cases"><thead><tr><th scope="col">Edit</th><th scope="col">On</th><th scope="col" class="num">Round</th><th scope="col">Ended</th><th scope="col">Why</th></tr></thead><tbody>

            """);
        foreach (var refused in report.Refused)
            Row(html, refused.Edit.Kind, Text(refused.Edit.Title), FrontierWords.ShortId(refused.Parent), refused.Round, "Refused", refused.Reason);
        foreach (var node in pruned)
            Row(html, node.Edit?.Kind, $"""<a href="#{tree.Anchor(node.Version)}">{Text(node.Edit?.Title)}</a>""", node.Parent is { } parent ? FrontierWords.ShortId(parent) : "", node.Round, ReportTree.Word(node.Status), node.StatusReason ?? "");
        html.Append("</tbody></table></div></section>\n");
    }

    public static void AppendMoney(StringBuilder html, ReportMoney money)
    {
        html.Append("""<section class="panel" aria-labelledby="money"><h2 id="money">Money</h2>""").Append('\n');
        html.Append("""<table class="money"><tbody>""");
        foreach (var line in money.Categories) html.Append($"""<tr><th scope="row">{Text(line.Category)}</th><td class="num">${line.Spent}</td></tr>""");
        html.Append($"""<tr class="sum"><th scope="row">Spent</th><td class="num">${money.Spent}</td></tr><tr><th scope="row">Budget</th><td class="num">${money.Budget}</td></tr></tbody></table>""").Append('\n');
        html.Append(money.Agrees()
            ? $"""<p class="agrees"><span class="good">✓ The books agree:</span> the calls, the ledger and this report all say ${money.Spent}, to the nano-dollar.</p>"""
            : $"""<p class="warning" role="note">The books do not agree: calls ${money.Attempts}, ledger ${money.Ledger}, report ${money.Spent}.</p>""");
        html.Append("</section>\n");
    }

    public static void AppendNext(StringBuilder html, FrontierReport report)
    {
        if (report.Next.Count == 0) return;
        html.Append("""<section class="panel" aria-labelledby="next"><h2 id="next">Go on, go back, run it again</h2><dl class="commands">""").Append('\n');
        foreach (var next in report.Next)
            html.Append($"""<div><dt>{Text(next.Purpose)}</dt><dd><pre tabindex="0"><code>{Text(next.Command)}</code></pre></dd></div>""").Append('\n');
        html.Append($"</dl><p class=\"note\">Equal agent, dataset revision, budget and seed ({report.Seed}) give an equal search.</p></section>\n");
    }

    public static void AppendReading(StringBuilder html, FrontierReport report) => html.Append($"""
        <section class="reading" aria-labelledby="reading"><h2 id="reading">How to read this</h2><ul>
        <li>Confirmed numbers come from {report.Dataset.Confirm:N0} cases that the search never saw. Numbers of the search split flatter the versions that were chosen by them.</li>
        <li>Pass rates carry Wilson's 95% interval, differences Newcombe's interval for the same cases on both sides, costs a bootstrap over cases. Each interval stands for itself; with several versions one of them may well lie outside.</li>
        <li>On the frontier means that no other confirmed version passes at least as much at the same cost or less. Where intervals overlap, neighbours may swap places.</li>
        <li>“No difference shown” means that the interval of the difference holds zero. It does not mean that there is none.</li>
        </ul></section>

        """);

    private static void Row(StringBuilder html, string? kind, string titleHtml, string parent, int round, string ended, string why) =>
        html.Append($"""<tr><th scope="row"><span class="kind {EditWords.Class(kind)}">{EditWords.Glyph(kind)}</span> {titleHtml}</th><td><code>{Text(parent)}</code></td><td class="num">{round}</td><td>{ended}</td><td>{Text(why)}</td></tr>""").Append('\n');
}
