using Espalier.Contracts.Shared;

namespace Espalier.Core.Traces;

/// <summary>What a call cost by the table.</summary>
/// <param name="Cost">Null when the table does not know, and then <paramref name="Reason"/> says why.</param>
/// <param name="Reason">Why there is no cost; null when there is one.</param>
/// <param name="Table">Version of the price table.</param>
public sealed record CallPrice(Usd? Cost, string? Reason, string Table);
