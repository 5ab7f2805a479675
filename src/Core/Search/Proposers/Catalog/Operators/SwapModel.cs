using Espalier.Core.Agents.Edits.Models;
using Espalier.Core.Agents.Edits.Routes;

namespace Espalier.Core.Search.Proposers.Catalog.Operators;

/// <summary>Each slot with each other model that the session may use.</summary>
internal sealed class SwapModel : ICatalogOperator
{
    public IEnumerable<Proposal> Propose(ProposalContext context)
    {
        foreach (var (slot, current) in Slots.Of(context))
        {
            // A route names its own models; the slot's is not asked then.
            if (context.Parent.Edits.Any(edit => edit.Kind == RouteEdit.Kind && edit.Target.EndsWith($"#{slot}", StringComparison.Ordinal))) continue;
            foreach (var model in context.Models.Where(model => model.Name != current))
            {
                var logCost = Slots.LogPriceRatio(Slots.Find(context, current), model);
                var rationale = $"{current} answers {slot} now; {model.Name} costs {Math.Exp(logCost):0.##} times as much a token.";
                yield return new Proposal(ModelEdit.Swap(context.ArtifactFile("models")!, slot, model.Name, rationale), logCost);
            }
        }
    }
}
