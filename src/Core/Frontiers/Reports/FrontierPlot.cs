using System.Text;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Shared;
using static Espalier.Core.Frontiers.Reports.Markup;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>What is inside the frame: axes, step line, intervals, points, labels, legend.</summary>
internal sealed class FrontierPlot
{
    private readonly PlotFrame _frame;
    private readonly FrontierPoint[] _points;
    private readonly FrontierPoint[] _frontier;
    private readonly FrontierPoint? _baseline;
    private readonly FrontierPoint? _best;
    private readonly PlotScale _x;
    private readonly PlotScale _y;

    public FrontierPlot(FrontierReport report, FrontierVerdict verdict, PlotFrame frame)
    {
        _frame = frame;
        // Dominated first, so that what matters lies on top.
        _points = [.. report.Points.OrderBy(p => p.IsBaseline).ThenBy(p => p.OnFrontier).ThenBy(p => p.CostPerRequest).ThenBy(p => p.Version.Value, StringComparer.Ordinal)];
        _frontier = [.. _points.Where(p => p.OnFrontier).OrderBy(p => p.CostPerRequest).ThenByDescending(p => p.PassRate.Value)];
        _baseline = _points.FirstOrDefault(p => p.IsBaseline);
        _best = verdict.Best;
        _x = PlotScale.Cost(
            [.. _points.Select(p => Dollars(p.CostPerRequest))], [.. _points.Select(p => Dollars(p.CostLow))], [.. _points.Select(p => Dollars(p.CostHigh))],
            frame.Left, frame.Width - frame.Right);
        _y = PlotScale.Rate(_points.Min(p => p.PassRate.Low), _points.Max(p => p.PassRate.High), frame.Height - frame.Bottom, frame.Top);
    }

    private double PlotRight => _frame.Width - _frame.Right;

    private double PlotBottom => _frame.Height - _frame.Bottom;

    public void AppendTo(StringBuilder svg)
    {
        AppendBetter(svg);
        AppendAxes(svg);
        AppendSteps(svg);
        foreach (var point in _points) AppendPoint(svg, point);
        AppendLabels(svg);
        AppendLegend(svg);
    }

    private static double Dollars(Usd perRequest) => (double)perRequest.ToDollars() * 1000;

    private double X(FrontierPoint point) => _x.Map(Dollars(point.CostPerRequest));

    private double Y(FrontierPoint point) => _y.Map(point.PassRate.Value);

    private void AppendBetter(StringBuilder svg)
    {
        if (_baseline is null) return;
        double x = X(_baseline), y = Y(_baseline);
        svg.Append($"""<rect class="better" x="{_frame.Left}" y="{_frame.Top}" width="{Number(x - _frame.Left)}" height="{Number(y - _frame.Top)}"/>""").Append('\n');
        svg.Append($"""<line class="ref" x1="{_frame.Left}" y1="{Number(y)}" x2="{Number(PlotRight)}" y2="{Number(y)}"/><line class="ref" x1="{Number(x)}" y1="{_frame.Top}" x2="{Number(x)}" y2="{Number(PlotBottom)}"/>""").Append('\n');
    }

    private void AppendAxes(StringBuilder svg)
    {
        foreach (var tick in _y.Ticks(6))
        {
            var y = Number(_y.Map(tick));
            svg.Append($"""<line class="grid" x1="{_frame.Left}" y1="{y}" x2="{Number(PlotRight)}" y2="{y}"/><text x="{_frame.Left - 8}" y="{y}" dy=".35em" text-anchor="end">{Math.Round(tick * 100)}%</text>""").Append('\n');
        }

        foreach (var tick in _x.Ticks(_frame.IsNarrow ? 5 : 9))
        {
            var x = Number(_x.Map(tick));
            svg.Append($"""<line class="axis" x1="{x}" y1="{Number(PlotBottom)}" x2="{x}" y2="{Number(PlotBottom + 5)}"/><text x="{x}" y="{Number(PlotBottom + 20)}" text-anchor="middle">{Tick(tick)}</text>""").Append('\n');
        }

        svg.Append($"""<line class="axis" x1="{_frame.Left}" y1="{Number(PlotBottom)}" x2="{Number(PlotRight)}" y2="{Number(PlotBottom)}"/>""").Append('\n');
        var scale = _x.IsLog ? ", log scale" : "";
        svg.Append($"""<text class="axis-title" x="{Number(PlotRight)}" y="{Number(PlotBottom + 41)}" text-anchor="end">Cost per 1,000 requests{scale}</text>""").Append('\n');
        svg.Append($"""<text class="axis-title" x="{(_frame.IsNarrow ? 8 : _frame.Left - 40)}" y="{_frame.Top - 14}">Pass rate on {_points[0].Cases:N0} confirm cases</text>""").Append('\n');
    }

    // A round number needs no more digits than it has.
    private static string Tick(double dollars) => "$" + Math.Round((decimal)dollars, 12).ToString("#,0.00##########", System.Globalization.CultureInfo.InvariantCulture);

    private void AppendSteps(StringBuilder svg)
    {
        if (_frontier.Length == 0) return;
        var path = new StringBuilder($"M{Number(X(_frontier[0]))} {Number(Y(_frontier[0]))}");
        foreach (var point in _frontier.Skip(1)) path.Append($"H{Number(X(point))}V{Number(Y(point))}");
        svg.Append($"""<path class="step" d="{path}"/>""");
        // Beyond the last point more money buys nothing that was found.
        svg.Append($"""<path class="reach" d="M{Number(X(_frontier[^1]))} {Number(Y(_frontier[^1]))}H{Number(PlotRight)}"/>""").Append('\n');
    }

    private void AppendPoint(StringBuilder svg, FrontierPoint point)
    {
        var (x, y) = (Number(X(point)), Number(Y(point)));
        var kind = point.IsBaseline ? "base" : point.OnFrontier ? "on" : "off";
        svg.Append($"""<g class="{kind}{(point == _best ? " best" : "")}"><title>{Text(Tooltip(point))}</title>""");
        svg.Append($"""<line class="whisker" x1="{x}" y1="{Number(_y.Map(point.PassRate.Low))}" x2="{x}" y2="{Number(_y.Map(point.PassRate.High))}"/>""");
        svg.Append($"""<line class="whisker" x1="{Number(_x.Map(Dollars(point.CostLow)))}" y1="{y}" x2="{Number(_x.Map(Dollars(point.CostHigh)))}" y2="{y}"/>""");
        if (point == _best) svg.Append($"""<circle class="ring" cx="{x}" cy="{y}" r="9.5"/>""");
        svg.Append(point.IsBaseline ? Star(X(point), Y(point)) : $"""<circle class="mark" cx="{x}" cy="{y}" r="{(point.OnFrontier ? "5.5" : "3.5")}"/>""");
        svg.Append("</g>\n");
    }

    private static string Tooltip(FrontierPoint point) =>
        $"{FrontierWords.ShortId(point.Version)}: {FrontierWords.Rate(point.PassRate.Value)} ({FrontierWords.Rate(point.PassRate.Low)} to {FrontierWords.Rate(point.PassRate.High)}), "
        + $"{FrontierWords.PerThousand(point.CostPerRequest)} per 1,000 requests ({FrontierWords.PerThousand(point.CostLow)} to {FrontierWords.PerThousand(point.CostHigh)})"
        + (point.IsBaseline ? ", baseline" : string.Concat(point.Edits.Select(e => $"\n+ {Cut(e.Title, 120)}")));

    private static string Star(double x, double y)
    {
        var corners = Enumerable.Range(0, 10).Select(i =>
        {
            var (radius, angle) = (i % 2 == 0 ? 9.0 : 3.9, (Math.PI * i / 5) - (Math.PI / 2));
            return $"{Number(x + (radius * Math.Cos(angle)))} {Number(y + (radius * Math.Sin(angle)))}";
        });
        return $"""<path class="mark" d="M{string.Join('L', corners)}Z"/>""";
    }

    private void AppendLabels(StringBuilder svg)
    {
        var placer = new LabelPlacer(new Box(_frame.Left + 4, _frame.Top + 2, PlotRight - _frame.Left - 4, PlotBottom - _frame.Top - 4), _frame.Reach);
        foreach (var point in _points)
        {
            placer.Block(new Box(X(point) - 8, Y(point) - 8, 16, 16));
            placer.Avoid(new Box(X(point) - 1, _y.Map(point.PassRate.High), 2, _y.Map(point.PassRate.Low) - _y.Map(point.PassRate.High)));
            placer.Avoid(new Box(_x.Map(Dollars(point.CostLow)), Y(point) - 1, _x.Map(Dollars(point.CostHigh)) - _x.Map(Dollars(point.CostLow)), 2));
        }

        for (var i = 0; i < _frontier.Length; i++)
        {
            double x = X(_frontier[i]), y = Y(_frontier[i]);
            var nextX = i + 1 < _frontier.Length ? X(_frontier[i + 1]) : PlotRight;
            placer.Avoid(new Box(x, y - 1, nextX - x, 2));
            if (i + 1 < _frontier.Length) placer.Avoid(new Box(nextX - 1, Y(_frontier[i + 1]), 2, y - Y(_frontier[i + 1])));
        }

        var caption = _baseline is null ? "" : "better and cheaper";
        if (caption != "" && X(_baseline!) - _frame.Left > 150 && Y(_baseline!) - _frame.Top > 40)
        {
            svg.Append($"""<text class="better-text" x="{_frame.Left + 12}" y="{_frame.Top + 21}">↖ {caption}</text>""").Append('\n');
            placer.Block(new Box(_frame.Left + 8, _frame.Top + 8, 136, 20));
        }

        var labelled = _points.Where(p => p.IsBaseline || p.OnFrontier)
            .OrderByDescending(p => p == _best).ThenByDescending(p => p.IsBaseline).ThenByDescending(p => p.PassRate.Value).Take(8);
        foreach (var point in labelled) AppendLabel(svg, point, placer);
    }

    private void AppendLabel(StringBuilder svg, FrontierPoint point, LabelPlacer placer)
    {
        var rate = FrontierWords.Rate(point.PassRate.Value);
        var id = FrontierWords.ShortId(point.Version);
        var edits = point.IsBaseline ? "baseline" : EditWords.Chain(point.Edits, _frame.LabelLength);
        double first = TextWidth(rate, 13) + 8 + (id.Length * 6.7), second = TextWidth(edits, 11.5);
        var twoLines = edits != "";
        var box = placer.Place(X(point), Y(point), Math.Max(first, second), twoLines ? 31 : 16);
        if (box is null && twoLines)
        {
            twoLines = false;
            box = placer.Place(X(point), Y(point), first, 16);
        }

        if (box is not { } place) return;
        double x = X(point), y = Y(point);
        var (nearX, nearY) = (Math.Clamp(x, place.X, place.Right), Math.Clamp(y, place.Y, place.Bottom));
        if (place.DistanceTo(x, y) > 24)
            svg.Append($"""<line class="lead" x1="{Number(x)}" y1="{Number(y)}" x2="{Number(nearX)}" y2="{Number(nearY)}"/>""");
        // Text on the side that faces its point, so the eye finds the way back.
        var isLeft = place.Right <= x;
        var (anchor, textX) = isLeft ? (" text-anchor=\"end\"", place.Right) : ("", place.X);
        svg.Append($"""<g class="label"{anchor}><text x="{Number(textX)}" y="{Number(place.Y + 12.5)}"><tspan class="l1">{rate}</tspan><tspan class="id" dx="7">{Text(id)}</tspan></text>""");
        if (twoLines) svg.Append($"""<text class="l2" x="{Number(textX)}" y="{Number(place.Y + 27.5)}">{Text(edits)}</text>""");
        svg.Append("</g>\n");
    }

    private void AppendLegend(StringBuilder svg)
    {
        double y = _frame.HasTitle ? 101 : 14;
        double x = _frame.HasTitle ? 30 : _frame.IsNarrow ? 8 : _frame.Left - 40;
        foreach (var (kind, mark, word) in new[] { ("base", "star", "Baseline"), ("on", "5.5", "Confirmed frontier"), ("off", "3.5", "Dominated") })
        {
            if (kind == "off" && _points.All(p => p.OnFrontier || p.IsBaseline)) continue;
            svg.Append($"""<g class="{kind}">{(mark == "star" ? Star(x + 6, y) : $"""<circle class="mark" cx="{Number(x + 6)}" cy="{Number(y)}" r="{mark}"/>""")}</g><text x="{Number(x + 20)}" y="{Number(y)}" dy=".35em">{word}</text>""");
            x += 40 + TextWidth(word, 12);
        }

        if (_frame.IsNarrow) return;
        svg.Append($"""<g class="on"><line class="whisker" x1="{Number(x)}" y1="{Number(y)}" x2="{Number(x + 18)}" y2="{Number(y)}"/></g><text x="{Number(x + 25)}" y="{Number(y)}" dy=".35em">95% interval</text>""").Append('\n');
    }

    // Close to Inter and to what systems use in its place; East Asian characters are square.
    private static double TextWidth(string text, double size) => text.EnumerateRunes().Sum(r => r.Value >= 0x1100 ? 1.0 : 0.53) * size;
}
