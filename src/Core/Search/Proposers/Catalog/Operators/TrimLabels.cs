using Espalier.Core.Agents;
using Espalier.Core.Agents.Edits.Context;
using Espalier.Core.Agents.Edits.Examples;
using Espalier.Core.Agents.Edits.Memory;

namespace Espalier.Core.Search.Proposers.Catalog.Operators;

/// <summary>Context trimming: the label list goes once examples or memory show the labels.</summary>
internal sealed class TrimLabels : ICatalogOperator
{
    public IEnumerable<Proposal> Propose(ProposalContext context)
    {
        if (!context.Parent.Edits.Any(edit => edit.Kind is MemoryEdit.Kind or ExamplesEdit.Kind)) yield break;
        if (PromptFiles.LabelList(context) is not { } path) yield break;
        var text = context.FileText(path)!;
        var listed = LabelLists.Find(text, context.Labels.ToHashSet(StringComparer.Ordinal)).Keys.Order(StringComparer.Ordinal).ToList();
        var saved = (text.Length - LabelLists.Remove(text, listed.ToHashSet(StringComparer.Ordinal)).Length) / 4.0;
        yield return new Proposal(
            ContextEdit.TrimLabels(path, listed, $"The list costs about {saved:0} tokens a call, and the examples name the labels that matter."),
            Slots.LogGrowth(context, -saved));
    }
}
