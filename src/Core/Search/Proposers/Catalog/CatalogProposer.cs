using Espalier.Core.Search.Proposers.Catalog.Operators;

namespace Espalier.Core.Search.Proposers.Catalog;

/// <summary>Deterministic operators over the declared artifacts. The default where no model can be asked.</summary>
internal sealed class CatalogProposer : IProposer
{
    private readonly IReadOnlyList<ICatalogOperator> _operators =
    [
        new SwapModel(),
        new RetrieveCases(),
        new PutExamples(),
        new DescribeLabels(),
        new TrimLabels(),
        new CascadeModels(),
    ];

    public string Name => "catalog";

    public IReadOnlyList<Proposal> Propose(ProposalContext context) =>
    [
        // Two operators, or two settings of one, may come to the same edit where there is little to work with.
        .. _operators.SelectMany(one => one.Propose(context)).DistinctBy(proposal => proposal.Edit.Id),
    ];
}
