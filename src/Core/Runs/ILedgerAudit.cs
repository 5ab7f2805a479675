using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.Core.Runs;

/// <summary>Recounts the ledger from its entries, so that a line's running total can be checked and reported.</summary>
public interface ILedgerAudit
{
    /// <summary>The sum of what was settled on a line and on every line below it, from the entries themselves.</summary>
    Task<Usd> SumAsync(BudgetId budget, CancellationToken cancellationToken);
}
