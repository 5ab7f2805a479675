using System.Globalization;
using System.Text;
using Espalier.Contracts.Frontiers;

namespace Espalier.Cli.Frontiers;

/// <summary>A frontier as CSV for spreadsheets and as Markdown for a page, cheapest first.</summary>
internal static class FrontierFiles
{
    public static string Csv(FrontierReport report)
    {
        var text = new StringBuilder("version,baseline,on_frontier,cases,pass_rate,pass_rate_low,pass_rate_high,cost_usd,cost_low_usd,cost_high_usd,difference,difference_low,difference_high,wins,losses,edits\n");
        foreach (var point in Ordered(report))
        {
            text.Append(string.Join(
                ',',
                point.Version.Value,
                point.IsBaseline ? "true" : "false",
                point.OnFrontier ? "true" : "false",
                point.Cases,
                Number(point.PassRate.Value),
                Number(point.PassRate.Low),
                Number(point.PassRate.High),
                point.CostPerRequest,
                point.CostLow,
                point.CostHigh,
                Number(point.Difference.Value),
                Number(point.Difference.Low),
                Number(point.Difference.High),
                point.Wins,
                point.Losses,
                Quote(string.Join("; ", point.Edits.Select(edit => edit.Title))))).Append('\n');
        }

        return text.ToString();
    }

    public static string Markdown(FrontierReport report)
    {
        var text = new StringBuilder();
        text.Append(FrontierVerdict.Of(report).Sentence).Append("\n\n");
        text.Append("| version | pass rate (95%) | cost a request | difference | edits |\n|---|---|---|---|---|\n");
        foreach (var point in Ordered(report))
        {
            var mark = point.IsBaseline ? " (baseline)" : point.OnFrontier ? " *" : "";
            text.Append($"| `{FrontierWords.ShortId(point.Version)}`{mark} | {FrontierWords.Rate(point.PassRate.Value)} ({FrontierWords.Rate(point.PassRate.Low)} to {FrontierWords.Rate(point.PassRate.High)}) ");
            text.Append($"| {FrontierWords.Money(point.CostPerRequest)} | {FrontierWords.Points(point.Difference.Value)} pt | {Escape(string.Join("; ", point.Edits.Select(edit => edit.Title)))} |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<FrontierPoint> Ordered(FrontierReport report) =>
        report.Points.OrderBy(point => point.CostPerRequest).ThenBy(point => point.PassRate.Value).ThenBy(point => point.Version.Value, StringComparer.Ordinal);

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    // A cell that begins like a formula must stay text in a spreadsheet.
    private static string Quote(string text)
    {
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' ? "'" + text : text;
        return "\"" + safe.Replace("\"", "\"\"", StringComparison.Ordinal).ReplaceLineEndings(" ") + "\"";
    }

    private static string Escape(string text) => Output.Text.Clean(text).ReplaceLineEndings(" ")
        .Replace("|", "\\|", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace("`", "'", StringComparison.Ordinal)
        .Replace("@", "@\u200b", StringComparison.Ordinal);
}
