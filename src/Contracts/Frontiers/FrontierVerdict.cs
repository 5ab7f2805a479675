using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Frontiers;

/// <summary>What a session came to: the version to look at first, the result in one sentence, and what speaks against it.</summary>
/// <param name="Best">Null when no version is shown to be better than the baseline.</param>
/// <param name="Sentence">The result.</param>
/// <param name="Warnings">Bad news, worst first; shown before the result.</param>
public sealed record FrontierVerdict(FrontierPoint? Best, string Sentence, IReadOnlyList<string> Warnings)
{
    /// <summary>Below this many cases an interval spans more than 20 points, and most real gains stay unseen.</summary>
    public const int FewCases = 100;

    /// <summary>Above this share of calls of tools without a recording a result rests on other answers than production gave.</summary>
    public const double ManyMisses = 0.05;

    /// <param name="report">Any report, also one without points.</param>
    /// <param name="plain">ASCII only.</param>
    public static FrontierVerdict Of(FrontierReport report, bool plain = false)
    {
        var warnings = new List<string>();
        if (!report.Money.Agrees())
            warnings.Add($"The books do not agree: the report says ${report.Money.Spent}, the ledger ${report.Money.Ledger}, the calls ${report.Money.Attempts}. Trust no cost in this report.");
        if (report.Money.Spent > report.Money.Budget)
            warnings.Add($"The session spent ${report.Money.Spent}, more than its budget of ${report.Money.Budget}.");

        var baseline = report.Points.FirstOrDefault(p => p.IsBaseline);
        if (baseline is null)
            return new FrontierVerdict(null, "Nothing was confirmed: the session ended before the confirm split was run.", warnings);
        var others = report.Points.Where(p => !p.IsBaseline).ToArray();
        var best = Choose(others, baseline);
        if (best is { } dearer && dearer.CostPerRequest > baseline.CostPerRequest)
            warnings.Add("No version is shown to pass more at the baseline's cost or less; the one below costs more.");
        if (report.Points.Where(p => p.Tools?.MissRate > ManyMisses).MaxBy(p => p.Tools!.MissRate) is { } missing)
            warnings.Add($"{FrontierWords.MissesInWords(missing.Tools)} (version {FrontierWords.ShortId(missing.Version)}): such runs say little about production.");
        if (baseline.Cases < FewCases)
            warnings.Add($"Only {baseline.Cases} confirm cases: intervals are wide, and a gain of a few points cannot be seen.");
        return new FrontierVerdict(best, best is null ? NoGain(others, baseline, plain) : Gain(best, baseline, plain), warnings);
    }

    // A gain counts when its whole interval is above zero. Among those, not dearer comes before dearer, then the higher rate.
    private static FrontierPoint? Choose(FrontierPoint[] others, FrontierPoint baseline) => others
        .Where(p => p.OnFrontier && (p.Difference.Low > 0 || (Cheaper(p, baseline) && p.Difference.High >= 0)))
        .OrderByDescending(p => p.Difference.Low > 0)
        .ThenByDescending(p => p.CostPerRequest <= baseline.CostPerRequest)
        .ThenByDescending(p => p.PassRate.Value)
        .ThenBy(p => p.CostPerRequest)
        .FirstOrDefault();

    private static bool Cheaper(FrontierPoint point, FrontierPoint baseline) => point.CostHigh < baseline.CostLow;

    private static string Gain(FrontierPoint best, FrontierPoint baseline, bool plain)
    {
        var arrow = plain ? "->" : "\u2192";
        var cost = $"{FrontierWords.Money(baseline.CostPerRequest)} {arrow} {FrontierWords.Money(best.CostPerRequest)} a request";
        var seen = $"confirmed on {best.Cases:N0} cases the search never saw";
        var difference = Difference(best.Difference, plain);
        return best.Difference.Low > 0
            ? $"Pass rate {FrontierWords.Rate(baseline.PassRate.Value)} {arrow} {FrontierWords.Rate(best.PassRate.Value)} ({difference}) at {cost}, {seen}."
            : $"Cost {cost}; pass rate {FrontierWords.Rate(baseline.PassRate.Value)} {arrow} {FrontierWords.Rate(best.PassRate.Value)}, no difference shown ({difference}), {seen}.";
    }

    private static string NoGain(FrontierPoint[] others, FrontierPoint baseline, bool plain)
    {
        var stays = $"The baseline passes {FrontierWords.Rate(baseline.PassRate.Value)} of {baseline.Cases:N0} confirm cases at {FrontierWords.Money(baseline.CostPerRequest)} a request";
        if (others.Length == 0) return $"No version was good enough to confirm. {stays}.";
        var closest = others.OrderByDescending(p => p.PassRate.Value).ThenBy(p => p.CostPerRequest).First();
        return $"No version is shown to be better than the baseline. {stays}; the highest other pass rate is {FrontierWords.Rate(closest.PassRate.Value)} ({Difference(closest.Difference, plain)}).";
    }

    private static string Difference(Interval d, bool plain) =>
        $"{FrontierWords.Points(d.Value, plain)} pt, 95% {FrontierWords.Points(d.Low, plain, 0)} to {FrontierWords.Points(d.High, plain, 0)}";
}
