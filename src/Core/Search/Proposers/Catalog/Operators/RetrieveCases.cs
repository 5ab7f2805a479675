using Espalier.Core.Agents.Edits;
using Espalier.Core.Agents.Edits.Memory;

namespace Espalier.Core.Search.Proposers.Catalog.Operators;

/// <summary>Memory: the nearest past cases, in four sizes.</summary>
internal sealed class RetrieveCases : ICatalogOperator
{
    private static readonly int[] Sizes = [4, 8, 16, 32];

    public IEnumerable<Proposal> Propose(ProposalContext context)
    {
        if (context.ArtifactFile("memory") is not { } path || context.Material.Count < 20) yield break;
        var current = context.Parent.Edits.LastOrDefault(edit => edit.Kind == MemoryEdit.Kind);
        var memory = current is null ? null : EditFactory.Read(current, EditJson.Default.MemoryPayload);
        foreach (var (slot, _) in Slots.Of(context))
        {
            var shown = memory?.Slot == slot ? memory.K : 0;
            foreach (var k in Sizes.Where(k => k != shown && k * 2 <= context.Material.Count))
            {
                var rationale = $"{context.Material.Count} past cases have a right answer; calls see {shown} of them now.";
                yield return new Proposal(
                    MemoryEdit.Retrieve(path, slot, context.State.Plan!.Revision.Value, k, rationale),
                    Slots.LogGrowth(context, (k - shown) * Slots.ExampleTokens(context)));
            }
        }
    }
}
