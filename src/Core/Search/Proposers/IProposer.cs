using Espalier.Contracts.Agents;

namespace Espalier.Core.Search.Proposers;

/// <summary>Writes edits for a parent, from what is known about it. Does not decide which of them is tried.</summary>
public interface IProposer
{
    /// <summary>The word in events: <c>catalog</c>.</summary>
    string Name { get; }

    /// <summary>All edits that it can think of for this parent, in a fixed order.</summary>
    IReadOnlyList<Proposal> Propose(ProposalContext context);
}

/// <param name="Edit">The edit.</param>
/// <param name="ExpectedLogCost">Expected change of the logarithm of cost per request; 0 when unknown.</param>
public sealed record Proposal(Edit Edit, double ExpectedLogCost);
