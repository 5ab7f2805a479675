using Espalier.Contracts.Frontiers;

namespace Espalier.Cli.Frontiers;

/// <summary>The order of rows and the letter by which the plot names a row: capitals are on the frontier.</summary>
internal static class FrontierMarks
{
    /// <summary>The baseline, then the frontier from the highest pass rate, then what is dominated.</summary>
    public static IReadOnlyList<(FrontierPoint Point, char Mark)> Of(FrontierReport report, bool plain)
    {
        var ordered = report.Points
            .OrderByDescending(p => p.IsBaseline).ThenByDescending(p => p.OnFrontier).ThenByDescending(p => p.PassRate.Value)
            .ThenBy(p => p.CostPerRequest).ThenBy(p => p.Version.Value, StringComparer.Ordinal);
        var letter = 0;
        return [.. ordered.Select(p => (p, p.IsBaseline ? (plain ? '*' : '★') : Letter(letter++, p.OnFrontier)))];
    }

    private static char Letter(int index, bool onFrontier) => index >= 26 ? '?' : (char)((onFrontier ? 'A' : 'a') + index);
}
