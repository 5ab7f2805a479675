using Espalier.Contracts.Datasets;
using Espalier.Core.Agents.Edits.Instructions;
using Espalier.Core.Datasets;

namespace Espalier.Core.Search.Proposers.Catalog.Operators;

/// <summary>Instruction deltas from failure reasons: labels that are confused get the words that set their past cases apart.</summary>
/// <remarks>Words are weighted by how often they occur in the label's past cases times the logarithm of how much rarer they are in the
/// others (a log-odds weight). They come from the material, never from evaluated cases.</remarks>
internal sealed class DescribeLabels : ICatalogOperator
{
    public IEnumerable<Proposal> Propose(ProposalContext context)
    {
        if (context.Parent.Edits.Any(edit => edit.Kind == InstructionEdit.Kind)) yield break;
        if (PromptFiles.LabelList(context) is not { } path) yield break;
        var confused = Confused(context);
        foreach (var (count, labels, how) in new[]
        {
            (6, context.Labels, "6 words each"), (14, context.Labels, "14 words each"), (10, confused, "the confused ones, 10 words each"),
        })
        {
            var descriptions = Describe(context.Material, labels, count);
            if (descriptions.Count == 0) continue;
            var tokens = descriptions.Values.Sum(text => text.Length + 2) / 4.0;
            var rationale = $"{context.Parent.Search.Values.Count(row => row.Pass is false)} of {context.Parent.Cases} cases fail; most confused: {string.Join(", ", confused.Take(3))}.";
            yield return new Proposal(InstructionEdit.Describe(path, descriptions, how, rationale), Slots.LogGrowth(context, tokens));
        }
    }

    /// <summary>Labels that were expected or given in failures, most often first; at most a third of all.</summary>
    private static List<string> Confused(ProposalContext context)
    {
        var references = context.EvaluationCases.ToDictionary(one => one.Id, one => one.Reference);
        var known = context.Labels.ToHashSet(StringComparer.Ordinal);
        return [.. context.Parent.Search
            .Where(pair => pair.Value.Pass is false)
            .SelectMany(pair => new[] { references.GetValueOrDefault(pair.Key), pair.Value.Output?.Trim() })
            .OfType<string>()
            .Where(known.Contains)
            .GroupBy(label => label)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Take(Math.Max(2, context.Labels.Count / 3))
            .Select(group => group.Key)];
    }

    private static SortedDictionary<string, string> Describe(IReadOnlyList<Case> material, IReadOnlyList<string> labels, int words)
    {
        var counts = material
            .GroupBy(one => one.Reference!)
            .ToDictionary(group => group.Key, group => Count(group.Select(one => one.Input)));
        var total = Count(material.Select(one => one.Input));
        var described = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in labels.Where(counts.ContainsKey))
        {
            var own = material.Count(one => one.Reference == label);
            var chosen = counts[label]
                .Where(word => word.Value >= 2 && word.Key.Length > 2)
                .Select(word => (Word: word.Key, Weight: word.Value * LogOdds(word.Value, own, total[word.Key] - word.Value, material.Count - own)))
                .Where(word => word.Weight > 0)
                .OrderByDescending(word => word.Weight)
                .ThenBy(word => word.Word, StringComparer.Ordinal)
                .Take(words)
                .Select(word => word.Word)
                .ToList();
            if (chosen.Count > 0) described[label] = string.Join(", ", chosen);
        }

        return described;
    }

    private static double LogOdds(int inside, int ownCases, int outside, int otherCases) =>
        Math.Log((inside + 0.1) / (ownCases + 0.2) / ((outside + 1.0) / (otherCases + 2.0)));

    /// <summary>In how many texts each word occurs.</summary>
    private static Dictionary<string, int> Count(IEnumerable<string> texts) => texts
        .SelectMany(text => Shingles.Normalise(text).Split(' ').Distinct())
        .GroupBy(word => word)
        .ToDictionary(group => group.Key, group => group.Count());
}
