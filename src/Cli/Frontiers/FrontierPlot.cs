using System.Globalization;
using System.Text;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Shared;

namespace Espalier.Cli.Frontiers;

/// <summary>Pass rate against cost in characters. Letters are the table's rows, loose dots their 95% intervals, the line the frontier.</summary>
internal static class FrontierPlot
{
    private const int Gutter = 6;

    public static string Render(FrontierReport report, int width, bool plain)
    {
        var marks = FrontierMarks.Of(report, plain);
        var points = marks.Select(m => m.Point).ToArray();
        var rows = Math.Clamp(width / 5, 12, 22);
        var canvas = new DotCanvas(width - Gutter, rows, plain);
        var x = CostAxis(points, canvas.Width - 1);
        var low = Math.Max(0, Math.Floor((points.Min(p => p.PassRate.Low) - 0.01) * 10) / 10);
        var high = Math.Min(1, Math.Ceiling((points.Max(p => p.PassRate.High) + 0.01) * 10) / 10);
        int Y(double rate) => (int)Math.Round((high - rate) / (high - low) * (canvas.Height - 1));

        foreach (var point in points)
        {
            // Dominated ones have no interval here: a terminal has no faint ink for it.
            if (!point.OnFrontier && !point.IsBaseline) continue;
            canvas.Down(x.Map(point.CostPerRequest), Y(point.PassRate.Low), Y(point.PassRate.High), solid: false);
            canvas.Across(x.Map(point.CostLow), x.Map(point.CostHigh), Y(point.PassRate.Value), solid: false);
        }

        DrawSteps(canvas, points, x, Y);
        foreach (var (point, mark) in marks.Reverse()) canvas.Mark(x.Map(point.CostPerRequest), Y(point.PassRate.Value), mark);

        var text = new StringBuilder($"pass rate on {points[0].Cases.ToString("N0", CultureInfo.InvariantCulture)} confirm cases\n");
        var labels = RateLabels(low, high, rate => plain ? Y(rate) : Y(rate) / 4);
        for (var row = 0; row < rows; row++)
        {
            var label = labels.GetValueOrDefault(row, "");
            text.Append(label.PadLeft(4)).Append(plain ? (label == "" ? " |" : " +") : label == "" ? " │" : " ┤").Append(canvas.Row(row).TrimEnd()).Append('\n');
        }

        AppendCostAxis(text, x, canvas, width, plain);
        AppendLegend(text, marks);
        return text.ToString();
    }

    private static void AppendLegend(StringBuilder text, IReadOnlyList<(FrontierPoint Point, char Mark)> marks)
    {
        string Span(Func<FrontierPoint, bool> which, string word)
        {
            var found = marks.Where(m => which(m.Point)).Select(m => m.Mark).ToArray();
            return found.Length == 0 ? "" : found.Length == 1 ? $"{found[0]} {word}   " : $"{found[0]}-{found[^1]} {word}   ";
        }

        text.Append(' ', Gutter).Append(Span(p => p.IsBaseline, "baseline")).Append(Span(p => !p.IsBaseline && p.OnFrontier, "frontier"))
            .Append(Span(p => !p.IsBaseline && !p.OnFrontier, "dominated")).Append("dots: 95%\n");
    }

    private static Axis CostAxis(FrontierPoint[] points, int last)
    {
        var least = Thousand(points.Min(p => p.CostPerRequest));
        var most = Thousand(points.Max(p => p.CostPerRequest));
        double low = Thousand(points.Min(p => p.CostLow)), high = Thousand(points.Max(p => p.CostHigh));
        if (least > 0 && most / least > 8) return new Axis(Math.Max(low, least / 2) / 1.15, high * 1.15, IsLog: true, last);
        var span = high > low ? high - low : high > 0 ? high : 1;
        return new Axis(Math.Max(0, low - (span * 0.08)), high + (span * 0.08), IsLog: false, last);
    }

    private static void DrawSteps(DotCanvas canvas, FrontierPoint[] points, Axis x, Func<double, int> y)
    {
        var frontier = points.Where(p => p.OnFrontier).OrderBy(p => p.CostPerRequest).ThenByDescending(p => p.PassRate.Value).ToArray();
        for (var i = 0; i < frontier.Length; i++)
        {
            var (fromX, fromY) = (x.Map(frontier[i].CostPerRequest), y(frontier[i].PassRate.Value));
            if (i + 1 == frontier.Length)
            {
                canvas.Across(fromX, canvas.Width - 1, fromY, solid: true);
                break;
            }

            var nextX = x.Map(frontier[i + 1].CostPerRequest);
            canvas.Across(fromX, nextX, fromY, solid: true);
            canvas.Down(nextX, fromY, y(frontier[i + 1].PassRate.Value), solid: true);
        }
    }

    private static Dictionary<int, string> RateLabels(double low, double high, Func<double, int> row)
    {
        var step = high - low > 0.5 ? 20 : 10;
        var labels = new Dictionary<int, string>();
        for (var percent = (int)Math.Ceiling((low * 100) - 1e-6); percent <= (high * 100) + 1e-6; percent++)
            if (percent % step == 0) labels.TryAdd(row(percent / 100.0), $"{percent}%");
        return labels;
    }

    private static void AppendCostAxis(StringBuilder text, Axis x, DotCanvas canvas, int width, bool plain)
    {
        var columns = width - Gutter;
        var line = Enumerable.Repeat(plain ? '-' : '─', columns).ToArray();
        var under = new StringBuilder(new string(' ', width));
        var free = 0;
        foreach (var tick in x.Ticks())
        {
            var column = x.Map(tick) * columns / canvas.Width;
            var label = "$" + Math.Round((decimal)tick, 12).ToString("0.00##########", CultureInfo.InvariantCulture);
            var start = Math.Min(Gutter + column - (label.Length / 2), width - label.Length);
            if (start < free) continue;
            line[column] = plain ? '+' : '┬';
            under.Remove(start, label.Length).Insert(start, label);
            free = start + label.Length + 2;
        }

        text.Append("     ").Append(plain ? '+' : '└').Append(line).Append('\n').Append(under.ToString().TrimEnd()).Append('\n');
        text.Append(("cost per 1,000 requests" + (x.IsLog ? ", log scale" : "")).PadLeft(width)).Append('\n');
    }

    private static double Thousand(Usd perRequest) => (double)perRequest.ToDollars() * 1000;

    private sealed record Axis(double Low, double High, bool IsLog, int Last)
    {
        public int Map(Usd perRequest) => Map(Thousand(perRequest));

        public int Map(double value)
        {
            var share = IsLog ? Math.Log(Math.Max(value, Low) / Low) / Math.Log(High / Low) : (value - Low) / (High - Low);
            return (int)Math.Round(Math.Clamp(share, 0, 1) * Last);
        }

        public IEnumerable<double> Ticks()
        {
            if (IsLog)
            {
                return
                    from power in Enumerable.Range((int)Math.Floor(Math.Log10(Low)), 2 + (int)(Math.Log10(High) - Math.Log10(Low)))
                    from digit in new[] { 1, 2, 5 }
                    let tick = digit * Math.Pow(10, power)
                    where tick >= Low && tick <= High
                    select tick;
            }

            var rough = (High - Low) / 5;
            var unit = Math.Pow(10, Math.Floor(Math.Log10(rough)));
            var step = new[] { 1, 2, 5, 10 }.Select(s => s * unit).First(s => s >= rough * 0.999);
            var first = (int)Math.Ceiling(Low / step);
            return Enumerable.Range(first, Math.Max(0, (int)Math.Floor(High / step) - first + 1)).Select(i => i * step);
        }
    }
}
