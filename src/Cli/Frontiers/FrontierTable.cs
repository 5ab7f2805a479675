using System.Text;
using Espalier.Contracts.Frontiers;

namespace Espalier.Cli.Frontiers;

/// <summary>The confirmed versions as rows. From 125 columns on, edits stand beside; below, under their version.</summary>
internal static class FrontierTable
{
    private const int WideFrom = 86;
    private const int BesideFrom = 125;

    public static string Render(FrontierReport report, int width, bool plain)
    {
        var rows = FrontierMarks.Of(report, plain);
        var wide = width >= WideFrom;
        var beside = width >= BesideFrom;
        string[] head = wide
            ? ["", "version", "pass rate", "95%", "per 1,000", "diff, pt", "95%", "won/lost"]
            : ["", "version", "pass", "95%", "per 1,000", "diff", "95%", "w/l"];
        // Agents without tools have nothing to miss.
        var tools = report.Points.Any(point => point.Tools is not null);
        if (tools) head = [.. head, wide ? "tool misses" : "miss"];
        var cells = rows.Select(r => Cells(r.Point, r.Mark, wide, plain)).Select((cell, i) => tools ? [.. cell, FrontierWords.Misses(rows[i].Point.Tools, plain)] : cell).Prepend(head).ToArray();
        var widths = Enumerable.Range(0, head.Length).Select(i => cells.Max(c => c[i].Length)).ToArray();
        var gap = wide ? "  " : " ";
        var text = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            var line = string.Join(gap, cells[i].Select((cell, c) => c <= 1 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c])));
            var edits = i == 0 ? (beside ? ["edits"] : []) : Edits(rows[i - 1].Point);
            if (beside) AppendBeside(text, line, edits, width, plain);
            else AppendUnder(text, line, edits, width, plain);
            if (i == 0) text.Append(new string(plain ? '-' : '─', width)).Append('\n');
        }

        return text.ToString();
    }

    private static string[] Cells(FrontierPoint point, char mark, bool wide, bool plain)
    {
        var none = plain ? "-" : "—";
        var difference = point.Difference;
        return
        [
            mark.ToString(),
            TerminalText.Clean(FrontierWords.ShortId(point.Version), plain),
            FrontierWords.Rate(point.PassRate.Value),
            wide ? $"{point.PassRate.Low * 100:0.0} to {point.PassRate.High * 100:0.0}" : $"{point.PassRate.Low * 100:0}-{point.PassRate.High * 100:0}",
            FrontierWords.PerThousand(point.CostPerRequest),
            point.IsBaseline ? none : FrontierWords.Points(difference.Value, plain),
            point.IsBaseline ? "" : wide
                ? $"{FrontierWords.Points(difference.Low, plain)} to {FrontierWords.Points(difference.High, plain)}"
                : $"{FrontierWords.Points(difference.Low, plain, 0)}..{FrontierWords.Points(difference.High, plain, 0)}",
            point.IsBaseline ? none : $"{point.Wins}/{point.Losses}",
        ];
    }

    private static string[] Edits(FrontierPoint point) => point.IsBaseline ? ["baseline"] : [.. point.Edits.Select(e => e.Title)];

    private static void AppendBeside(StringBuilder text, string line, string[] edits, int width, bool plain)
    {
        var left = width - line.Length - 3;
        text.Append(line);
        if (edits.Length > 0) text.Append("   ").Append(TerminalText.Cut(edits[0], left, plain));
        text.Append('\n');
        foreach (var edit in edits.Skip(1)) text.Append(' ', line.Length + 1).Append("+ ").Append(TerminalText.Cut(edit, left, plain)).Append('\n');
    }

    private static void AppendUnder(StringBuilder text, string line, string[] edits, int width, bool plain)
    {
        text.Append(line.TrimEnd()).Append('\n');
        for (var i = 0; i < edits.Length; i++)
            text.Append(i == 0 ? "   " : " + ").Append(TerminalText.Cut(edits[i], width - 3, plain)).Append('\n');
    }
}
