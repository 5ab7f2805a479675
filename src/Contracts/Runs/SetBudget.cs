using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Runs;

/// <summary>Changes the limit of a line of the ledger.</summary>
/// <param name="Limit">USD from 0 on; null is without limit. What is spent and reserved already stays so, above it or not.</param>
public sealed record SetBudget(Usd? Limit);
