using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.Core.Runs;

/// <summary>The one record of money: reserve before spending, settle with what was billed, release what was not used.</summary>
/// <remarks>Hierarchical: the parents of <c>session/7/search</c> are <c>session/7</c> and <c>session</c>; a reservation must fit in
/// every one that exists. Thread-safe; survives a crash; a reservation whose process died expires.</remarks>
public interface ILedger
{
    /// <summary>Creates a line or changes its limit. A null limit means unlimited.</summary>
    Task OpenAsync(BudgetId budget, Usd? limit, CancellationToken cancellationToken);

    /// <summary>Null when it was taken; else the line that it does not fit in.</summary>
    Task<BudgetState?> TryReserveAsync(BudgetId budget, string key, Usd amount, CancellationToken cancellationToken);

    /// <summary>Replaces the reservation by what was billed, which may be more. Settling twice changes nothing.</summary>
    Task SettleAsync(string key, Usd spent, CancellationToken cancellationToken);

    /// <summary>Gives the reservation back. Releasing what was settled changes nothing.</summary>
    Task ReleaseAsync(string key, CancellationToken cancellationToken);

    /// <summary>Null when the line was never opened.</summary>
    Task<BudgetState?> ReadAsync(BudgetId budget, CancellationToken cancellationToken);

    /// <summary>Releases reservations older than <paramref name="age"/>; returns how many there were.</summary>
    Task<int> ExpireAsync(TimeSpan age, CancellationToken cancellationToken);
}
