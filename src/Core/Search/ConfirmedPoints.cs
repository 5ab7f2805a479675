using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Frontiers.Statistics;
using Espalier.Core.Shared;

namespace Espalier.Core.Search;

/// <summary>The numbers that people are shown: from the confirm split alone, paired with the baseline by case.</summary>
internal static class ConfirmedPoints
{
    public static IReadOnlyList<FrontierPoint> Of(SessionFold state, IReadOnlyList<VersionId> confirmed, IReadOnlyList<Case> cases)
    {
        var groups = cases.ToDictionary(one => one.Id, one => one.Group);
        var baseline = state.BaselineCandidate;
        var points = confirmed
            .Select(version => state.Candidates[version])
            .Select(candidate => Measure(candidate, baseline, groups, new Seed(state.Plan!.Seed)))
            .OfType<FrontierPoint>()
            .ToList();
        var kept = NondominatedSet.Of([.. points.Select(point => new Tradeoff(point.PassRate.Value, point.CostPerRequest.Nano))]).ToHashSet();
        return [.. points.Select((point, i) => point with { OnFrontier = kept.Contains(i) })];
    }

    private static FrontierPoint? Measure(Candidate candidate, Candidate baseline, Dictionary<CaseId, string> groups, Seed seed)
    {
        // A verdict counts whether or not its bill came: what timed out is dear and wrong, and must not drop out of the rate.
        var rows = candidate.Confirm.Values.Where(row => row.Pass is not null).OrderBy(row => row.Case.Value, StringComparer.Ordinal).ToList();
        var pairs = rows.Where(row => baseline.Confirm.TryGetValue(row.Case, out var other) && other.Pass is not null).ToList();
        if (pairs.Count == 0 || Candidate.MeanCost(candidate.Confirm) is null) return null;
        var counts = PairedCounts.From(
            [.. pairs.Select(row => row.Pass!.Value)], [.. pairs.Select(row => baseline.Confirm[row.Case].Pass!.Value)]);
        var billed = rows.Where(row => row.Cost is not null).ToList();
        var cost = PairedBootstrap.Mean(
            [.. billed.Select(row => row.Cost!.Value)], seed.For("bootstrap/" + candidate.Id), [.. billed.Select(row => groups[row.Case])]);
        return new FrontierPoint
        {
            Version = candidate.Id,
            IsBaseline = candidate.Parent is null,
            OnFrontier = false,
            Cases = rows.Count,
            PassRate = RateIntervals.Wilson(rows.Count(row => row.Pass is true), rows.Count),
            CostPerRequest = cost.Mean,
            CostLow = cost.Low,
            CostHigh = cost.High,
            Difference = candidate.Parent is null ? new Interval(0, 0, 0) : PairedDifference.Newcombe(counts),
            Wins = counts.FirstOnly,
            Losses = counts.SecondOnly,
            Tools = ToolUsage.Sum(rows.Select(row => row.Tools)),
            Edits = [.. candidate.Edits],
        };
    }
}
