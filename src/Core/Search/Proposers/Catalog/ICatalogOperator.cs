namespace Espalier.Core.Search.Proposers.Catalog;

/// <summary>One way to change an agent that needs no model to think of it.</summary>
internal interface ICatalogOperator
{
    IEnumerable<Proposal> Propose(ProposalContext context);
}
