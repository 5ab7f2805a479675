using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Runs;

/// <summary>One line of the ledger. <c>Spent + Reserved</c> never passes <c>Limit</c> by a reservation of ours.</summary>
public sealed record BudgetState
{
    public required BudgetId Id { get; init; }

    /// <summary>Null when unlimited.</summary>
    public Usd? Limit { get; init; }

    public required Usd Spent { get; init; }

    public required Usd Reserved { get; init; }
}
