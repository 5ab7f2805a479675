using System.Text;
using Espalier.Contracts.Frontiers;
using static Espalier.Core.Frontiers.Reports.Markup;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>A folded section per version: what was edited and why, the diff, the cases it won and lost.</summary>
internal static class ReportVersions
{
    /// <summary>A longer list of cases is cut here, so that a report with many versions still opens in a browser.</summary>
    public const int MaxCases = 200;

    public static void Append(StringBuilder html, FrontierReport report, FrontierVerdict verdict, ReportTree tree)
    {
        html.Append("""<section aria-labelledby="versions"><h2 id="versions">Versions</h2>""").Append('\n');
        var nodes = report.Nodes.DistinctBy(n => n.Version).OrderByDescending(n => n.Version == verdict.Best?.Version).ThenBy(n => Rank(n.Status))
            .ThenByDescending(n => tree.Points.GetValueOrDefault(n.Version)?.PassRate.Value ?? n.SearchPassRate?.Value ?? 0);
        foreach (var node in nodes) AppendVersion(html, node, node.Version == verdict.Best?.Version, tree);
        html.Append("</section>\n");
    }

    private static int Rank(NodeStatus status) => status switch
    {
        NodeStatus.Frontier => 0,
        NodeStatus.Baseline => 1,
        NodeStatus.Shortlisted => 2,
        NodeStatus.Active => 3,
        NodeStatus.Dominated => 4,
        _ => 5,
    };

    private static void AppendVersion(StringBuilder html, ReportNode node, bool isBest, ReportTree tree)
    {
        var point = tree.Points.GetValueOrDefault(node.Version);
        var rate = point is not null ? $"{FrontierWords.Rate(point.PassRate.Value)}" : node.SearchPassRate is { } searched ? $"{FrontierWords.Rate(searched.Value)}" : "—";
        html.Append($"""<details class="version {ReportTree.Class(node.Status)}" id="{tree.Anchor(node.Version)}"{(isBest ? " open" : "")}><summary><span class="kind {EditWords.Class(node.Edit?.Kind)}">{EditWords.Glyph(node.Edit?.Kind)}</span><code>{Text(FrontierWords.ShortId(node.Version))}</code><span class="name">{Text(node.Edit?.Title ?? "Baseline")}</span><span class="rate{(point is null ? " open-rate" : "")}">{rate}</span><span class="pill">{ReportTree.Word(node.Status)}</span></summary>""").Append('\n');
        html.Append("""<div class="inside">""").Append('\n');
        AppendFacts(html, node, point);
        AppendEdits(html, node, point);
        AppendDiff(html, "Diff against its parent", node.Patch, isBest && node.BaselinePatch is null);
        if (node.BaselinePatch is { } whole) AppendDiff(html, "Diff against the baseline", whole, isBest);
        AppendCases(html, "Won", "the baseline fails these and this version passes them", node, node.Wins);
        AppendCases(html, "Lost", "the baseline passes these and this version fails them", node, node.Losses);
        html.Append("</div></details>\n");
    }

    private static void AppendFacts(StringBuilder html, ReportNode node, FrontierPoint? point)
    {
        html.Append("""<dl class="pairs">""");
        html.Append($"<div><dt>Commit</dt><dd><code>{Text(node.Version.Value)}</code></dd></div>");
        if (node.Parent is { } parent) html.Append($"<div><dt>Parent</dt><dd><code>{Text(FrontierWords.ShortId(parent))}</code>, round {node.Round}, {node.Depth} {(node.Depth == 1 ? "edit" : "edits")} from the baseline</dd></div>");
        if (point is not null)
            html.Append($"<div><dt>Confirmed</dt><dd>{FrontierWords.Rate(point.PassRate.Value)} ({FrontierWords.Rate(point.PassRate.Low)} to {FrontierWords.Rate(point.PassRate.High)}) of {point.Cases:N0} cases at {FrontierWords.PerThousand(point.CostPerRequest)} per 1,000 requests</dd></div>");
        var searched = node.SearchPassRate is { } rate
            ? $"{FrontierWords.Rate(rate.Value)} ({FrontierWords.Rate(rate.Low)} to {FrontierWords.Rate(rate.High)}) of {node.SearchCases:N0} cases, {(node.SearchCost is { } cost ? $"{FrontierWords.PerThousand(cost)} per 1,000 requests" : "cost unknown")}"
            : "not run on any case";
        html.Append($"<div><dt>Search split</dt><dd>{searched}</dd></div>");
        if (node.StatusReason is { } reason) html.Append($"<div><dt>{ReportTree.Word(node.Status)}</dt><dd>{Text(reason)}</dd></div>");
        html.Append("</dl>\n");
    }

    private static void AppendEdits(StringBuilder html, ReportNode node, FrontierPoint? point)
    {
        var edits = point is { Edits.Count: > 0 } ? point.Edits : node.Edit is { } only ? [only] : [];
        if (edits.Count == 0) return;
        html.Append("""<h3>What was edited</h3><ol class="why">""");
        foreach (var edit in edits)
            html.Append($"""<li><b>{Text(edit.Title)}</b> <span class="meta">{Text(edit.Kind)}, <code>{Text(edit.Target)}</code></span><p>{Text(edit.Rationale)}</p></li>""");
        html.Append("</ol>\n");
    }

    private static void AppendDiff(StringBuilder html, string title, string patch, bool open)
    {
        if (string.IsNullOrWhiteSpace(patch)) return;
        var (added, removed) = DiffHtml.Count(patch);
        html.Append($"""<details class="fold"{(open ? " open" : "")}><summary>{title} <span class="meta">+{added} −{removed}</span></summary>""").Append('\n');
        DiffHtml.Append(html, patch);
        html.Append("</details>\n");
    }

    private static void AppendCases(StringBuilder html, string word, string meaning, ReportNode node, IReadOnlyList<CaseChange> cases)
    {
        if (cases.Count == 0) return;
        var tone = word == "Won" ? "good" : "bad";
        html.Append($"""<details class="fold"><summary><span class="{tone}">{word} {cases.Count:N0}</span> <span class="meta">{meaning}, {node.ChangesFrom.ToString().ToLowerInvariant()} split</span></summary>""").Append('\n');
        html.Append($"""<div class="scroll" tabindex="0" role="region" aria-label="{word} cases"><table class="cases"><thead><tr><th scope="col">Case</th><th scope="col">Reference</th><th scope="col">Baseline said</th><th scope="col">This version said</th><th scope="col">Judge</th></tr></thead><tbody>""").Append('\n');
        foreach (var change in cases.Take(MaxCases))
            html.Append($"""<tr><th scope="row">{Text(Cut(change.Input, 500))}<small><code>{Text(change.Case.Value)}</code></small></th><td>{Answer(change.Reference, "unknown")}</td><td>{Answer(change.BaselineOutput, "no answer")}</td><td>{Answer(change.Output, "no answer")}</td><td>{Text(Cut(change.Reason, 500))}</td></tr>""").Append('\n');
        html.Append("</tbody></table></div>\n");
        if (cases.Count > MaxCases) html.Append($"""<p class="note">{cases.Count - MaxCases:N0} more are not shown.</p>""");
        html.Append("</details>\n");
    }

    private static string Answer(string? text, string missing) =>
        text is null ? $"""<span class="none">{missing}</span>""" : Text(Cut(text, 500));
}
