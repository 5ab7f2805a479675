using Espalier.Core.Agents.Edits.Routes;

namespace Espalier.Core.Search.Proposers.Catalog.Operators;

/// <summary>Per-call routing: a cheaper model first, a dearer one on low confidence, for neighbouring prices and four thresholds.</summary>
internal sealed class CascadeModels : ICatalogOperator
{
    private static readonly double[] Thresholds = [0.2, 0.35, 0.5, 0.7];

    /// <summary>Share of calls that are taken to escalate until it has been measured.</summary>
    private const decimal AssumedEscalation = 0.4m;

    public IEnumerable<Proposal> Propose(ProposalContext context)
    {
        if (context.ArtifactFile("router") is not { } path) yield break;
        var byPrice = context.Models.OrderBy(model => model.InputUsdPerMillion).ThenBy(model => model.Name, StringComparer.Ordinal).ToList();
        foreach (var (slot, current) in Slots.Of(context))
        {
            for (var i = 0; i + 1 < byPrice.Count; i++)
            {
                var (cheap, dear) = (byPrice[i], byPrice[i + 1]);
                if (cheap.InputUsdPerMillion == dear.InputUsdPerMillion || (cheap.Name != current && dear.Name != current)) continue;
                var price = (double)(cheap.InputUsdPerMillion + (AssumedEscalation * dear.InputUsdPerMillion));
                var now = (double)(Slots.Find(context, current)?.InputUsdPerMillion ?? dear.InputUsdPerMillion);
                foreach (var below in Thresholds)
                {
                    var rationale = $"{cheap.Name} costs {cheap.InputUsdPerMillion / dear.InputUsdPerMillion:0.##} of {dear.Name} a token; easy calls need no more.";
                    yield return new Proposal(RouteEdit.Cascade(path, slot, cheap.Name, dear.Name, below, rationale), Math.Log(price / Math.Max(now, 1e-9)));
                }
            }
        }
    }
}
