using System.Text;
using Espalier.Contracts.Frontiers;
using static Espalier.Core.Frontiers.Reports.Markup;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>The tree as a map from left to right: a chip per version, the edit that made it on the chip's left edge.</summary>
internal sealed class TreeMapSvg(ReportTree tree)
{
    private const int ChipWidth = 178;
    private const int ChipHeight = 62;
    private const int ColumnStep = 222;
    private const int RowStep = 73;

    private readonly StringBuilder _edges = new();
    private readonly StringBuilder _chips = new();
    private double _nextRow = 8;
    private double _right;

    public string Render()
    {
        foreach (var root in tree.Roots.Where(tree.IsOnMap)) Place(root, 0);
        var (width, height) = (Number(_right + 2), Number(_nextRow));
        return $"""<svg xmlns="http://www.w3.org/2000/svg" class="map" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="group" aria-label="Map of the search">""" + "\n"
            + _edges + _chips + "</svg>\n";
    }

    // Leaves take the next row; a parent stands in the middle of its children.
    private double Place(ReportNode node, int column)
    {
        var x = 2 + (column * ColumnStep);
        var shown = tree.ChildrenOf(node).Where(tree.IsOnMap).ToArray();
        var folded = tree.ChildrenOf(node).Where(c => !tree.IsOnMap(c)).Sum(tree.Size);
        var rows = shown.Select(child => Place(child, column + 1)).ToList();
        if (folded > 0) rows.Add(PlaceFolded(x + ColumnStep, folded));
        double y;
        if (rows.Count > 0)
        {
            y = (rows[0] + rows[^1]) / 2;
        }
        else
        {
            y = _nextRow;
            _nextRow += RowStep;
        }

        for (var i = 0; i < rows.Count; i++)
        {
            var child = i < shown.Length ? shown[i] : null;
            var kind = child is null ? "fold" : EditWords.Class(child.Edit?.Kind);
            var wide = child is not null && tree.LeadsToFrontier(child) ? " path" : "";
            var (fromX, fromY, toX, toY) = (x + ChipWidth, y + (ChipHeight / 2), x + ColumnStep, rows[i] + (ChipHeight / 2));
            var bend = (fromX + toX) / 2;
            _edges.Append($"""<path class="edge {kind}{wide}" d="M{Number(fromX)} {Number(fromY)}C{Number(bend)} {Number(fromY)} {Number(bend)} {Number(toY)} {Number(toX)} {Number(toY)}"/>""").Append('\n');
        }

        AppendChip(node, x, y);
        _right = Math.Max(_right, x + ChipWidth);
        return y;
    }

    private double PlaceFolded(double x, int count)
    {
        var y = _nextRow;
        _nextRow += RowStep;
        _chips.Append($"""<g class="chip s-folded"><rect class="box" x="{Number(x)}" y="{Number(y + 17)}" width="92" height="28" rx="6"/><text class="what" x="{Number(x + 46)}" y="{Number(y + 35)}" text-anchor="middle">+{count} folded</text></g>""").Append('\n');
        _right = Math.Max(_right, x + 92);
        return y;
    }

    private void AppendChip(ReportNode node, double x, double y)
    {
        var title = node.Edit?.Title ?? "Baseline";
        var rate = node.SearchPassRate is { } passed ? FrontierWords.Rate(passed.Value) : "—";
        var state = ReportTree.Word(node.Status);
        _chips.Append($"""<a href="#{tree.Anchor(node.Version)}" class="chip {ReportTree.Class(node.Status)}" aria-label="{Text($"{FrontierWords.ShortId(node.Version)}, {title}, {rate} on the search split, {state}")}">""");
        _chips.Append($"<title>{Text($"{title}\n{state}; {rate} of {node.SearchCases} search cases")}</title>");
        _chips.Append($"""<rect class="box" x="{Number(x)}" y="{Number(y)}" width="{ChipWidth}" height="{ChipHeight}" rx="7"/>""");
        if (node.Status == NodeStatus.Frontier) _chips.Append($"""<path class="bar" d="M{Number(x + 7)} {Number(y + ChipHeight - 1.5)}H{Number(x + ChipWidth - 7)}"/>""");
        _chips.Append($"""<rect class="kind {EditWords.Class(node.Edit?.Kind)}" x="{Number(x + 9)}" y="{Number(y + 8)}" width="17" height="17" rx="4"/><text class="glyph" x="{Number(x + 17.5)}" y="{Number(y + 20.5)}" text-anchor="middle">{EditWords.Glyph(node.Edit?.Kind)}</text>""");
        _chips.Append($"""<text class="id" x="{Number(x + 34)}" y="{Number(y + 21)}">{Text(FrontierWords.ShortId(node.Version))}</text><text class="rate" x="{Number(x + ChipWidth - 10)}" y="{Number(y + 21)}" text-anchor="end">{rate}</text>""");
        var (first, second) = TwoLines(title);
        _chips.Append($"""<text class="what" x="{Number(x + 10)}" y="{Number(y + 39)}">{Text(first)}</text>""");
        if (second != "") _chips.Append($"""<text class="what" x="{Number(x + 10)}" y="{Number(y + 53)}">{Text(second)}</text>""");
        _chips.Append("</a>\n");
    }

    // About as much as fits into a chip in the small font.
    private static (string First, string Second) TwoLines(string title)
    {
        const int length = 29;
        if (title.Length <= length) return (title, "");
        var space = title.LastIndexOf(' ', length);
        return space <= length / 2 ? (Cut(title, length), "") : (title[..space], Cut(title[(space + 1)..], length));
    }
}
