using Espalier.Contracts.Agents;

namespace Espalier.Core.Search.Estimates;

/// <summary>What each edit did wherever it was added: the change in pass rate and in log cost against its parent, pooled.</summary>
/// <remarks>Normal-normal shrinkage: an edit starts from its kind's mean, a kind from a weak prior; every parent-child pair adds its paired
/// difference with its standard error and a floor for what the surroundings change. Effects are taken as additive, which is an
/// assumption.</remarks>
public sealed class EditEffects
{
    /// <summary>Prior mean and deviation of an unknown edit's effect on pass rate (search design: m 0.02, s 0.08; wider because ours are few).</summary>
    private const double PriorMean = 0.02;
    private const double PriorDeviation = 0.12;

    /// <summary>Deviation that the surroundings of an edit add to what it does.</summary>
    private const double ContextDeviation = 0.05;

    private const double CostDeviation = 0.35;

    private readonly Dictionary<string, List<Observation>> _byEdit = [];
    private readonly Dictionary<string, List<Observation>> _byKind = [];

    public EditEffects(SessionFold state)
    {
        foreach (var candidate in state.InOrder.Where(candidate => candidate.Parent is not null))
        {
            var pairs = Domination.Pairs(candidate, state.Candidates[candidate.Parent!.Value]);
            if (pairs.Count < 4) continue;
            var (pass, passError) = Domination.PassDifference(pairs);
            if (Domination.LogCostRatio(pairs) is not var (cost, costError)) continue;
            var observation = new Observation(pass, passError, cost, costError);
            var edit = candidate.Edits[^1];
            Add(_byEdit, edit.Id, observation);
            Add(_byKind, edit.Kind, observation);
        }
    }

    /// <summary>The posterior of one edit's effect.</summary>
    /// <param name="edit">The edit; it need not have been tried.</param>
    /// <param name="expectedLogCost">What its proposer expects for log cost, used until it has been measured.</param>
    public Effect Of(Edit edit, double expectedLogCost)
    {
        var kind = _byKind.GetValueOrDefault(edit.Kind) ?? [];
        // The kind's mean, shrunk towards the prior by two pseudo-observations.
        var kindMean = (kind.Sum(seen => seen.Pass) + (2 * PriorMean)) / (kind.Count + 2);
        var (pass, passDeviation) = (kindMean, PriorDeviation);
        var (cost, costDeviation) = (expectedLogCost, CostDeviation);
        foreach (var seen in _byEdit.GetValueOrDefault(edit.Id) ?? [])
        {
            (pass, passDeviation) = Update(pass, passDeviation, seen.Pass, Hypot(seen.PassError, ContextDeviation));
            (cost, costDeviation) = Update(cost, costDeviation, seen.Cost, Hypot(seen.CostError, ContextDeviation));
        }

        return new Effect(pass, passDeviation, cost, costDeviation);
    }

    public bool HasSeenKind(string kind) => _byKind.ContainsKey(kind);

    private static (double Mean, double Deviation) Update(double mean, double deviation, double seen, double error)
    {
        var precision = (1 / (deviation * deviation)) + (1 / (error * error));
        return (((mean / (deviation * deviation)) + (seen / (error * error))) / precision, 1 / Math.Sqrt(precision));
    }

    private static double Hypot(double a, double b) => Math.Sqrt((a * a) + (b * b));

    private static void Add(Dictionary<string, List<Observation>> lists, string key, Observation observation)
    {
        if (!lists.TryGetValue(key, out var list)) lists[key] = list = [];
        list.Add(observation);
    }

    private sealed record Observation(double Pass, double PassError, double Cost, double CostError);
}

/// <summary>Posterior mean and deviation of an edit's change in pass rate and in the logarithm of cost.</summary>
public sealed record Effect(double Pass, double PassDeviation, double LogCost, double LogCostDeviation);
