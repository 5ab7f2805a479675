using Espalier.Contracts.Datasets;
using Espalier.Core.Agents;
using Espalier.Core.Agents.Edits.Examples;
using Espalier.Core.Shared;

namespace Espalier.Core.Search.Proposers.Catalog.Operators;

/// <summary>Past cases with their right answers as fixed examples in the prompt: a few, one or three a label, many.</summary>
internal sealed class PutExamples : ICatalogOperator
{
    private const int Few = 16;
    private const int Many = 200;

    public IEnumerable<Proposal> Propose(ProposalContext context)
    {
        if (context.Parent.Edits.Any(edit => edit.Kind == ExamplesEdit.Kind)) yield break;
        if (PromptFiles.Main(context) is not { } path || context.Material.Count < Few) yield break;
        var shuffled = new Seed(context.State.Plan!.Seed).For("catalog/examples").Shuffle(context.Material);
        yield return Put(context, path, shuffled.Take(Few), "a few");
        if (context.Labels.Count > 0)
        {
            yield return Put(context, path, PerLabel(shuffled, 1), "one a label");
            yield return Put(context, path, PerLabel(shuffled, 3), "three a label");
        }

        if (shuffled.Count >= Many) yield return Put(context, path, shuffled.Take(Many), "many");
    }

    private static IEnumerable<Case> PerLabel(IReadOnlyList<Case> shuffled, int count) =>
        shuffled.GroupBy(one => one.Reference).OrderBy(group => group.Key, StringComparer.Ordinal).SelectMany(group => group.Take(count));

    private static Proposal Put(ProposalContext context, string path, IEnumerable<Case> cases, string how)
    {
        var examples = cases.Select(one => new LabelledExample(one.Input, one.Reference!)).ToList();
        var rationale = $"Drawn from {context.Material.Count} past cases whose right answer is known.";
        return new Proposal(
            ExamplesEdit.Put(path, examples, how, rationale), Slots.LogGrowth(context, examples.Count * Slots.ExampleTokens(context)));
    }
}
