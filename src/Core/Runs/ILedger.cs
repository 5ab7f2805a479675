using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.Core.Runs;

/// <summary>The one record of money: reserve before spending, settle with what was billed, release what was not used.</summary>
/// <remarks>Hierarchical: the parents of <c>session/7/search</c> are <c>session/7</c> and <c>session</c>, and <c>project</c> is above every line;
/// a reservation must fit in every one that exists. Thread-safe; survives a crash. A reservation has a lease and is given back when nobody ended it by then; what is
/// settled later counts all the same.</remarks>
public interface ILedger
{
    /// <summary>Longer than any call of a model takes by default.</summary>
    static readonly TimeSpan DefaultLease = TimeSpan.FromHours(1);

    /// <summary>Creates a line or changes its limit. A null limit means unlimited.</summary>
    Task OpenAsync(BudgetId budget, Usd? limit, CancellationToken cancellationToken);

    /// <summary>Null when it was taken; else the line that it does not fit in.</summary>
    Task<BudgetState?> TryReserveAsync(BudgetId budget, string key, Usd amount, CancellationToken cancellationToken) =>
        TryReserveAsync(budget, key, amount, DefaultLease, cancellationToken);

    /// <summary>Null when it was taken; else the line that it does not fit in.</summary>
    /// <param name="budget">The line that pays.</param>
    /// <param name="key">Names the reservation. One that is open or settled is not taken twice; one that was given back is taken anew.</param>
    /// <param name="amount">The most that may be spent; nothing fits in every line, overspent ones too.</param>
    /// <param name="lease">How long it holds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<BudgetState?> TryReserveAsync(BudgetId budget, string key, Usd amount, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Replaces the reservation by what was billed, which may be more. Settling twice changes nothing.</summary>
    Task SettleAsync(string key, Usd spent, CancellationToken cancellationToken);

    /// <summary>Counts what was spent without a reservation, and whatever the limit: a batch that is billed when its results are fetched.</summary>
    /// <returns>False when something was settled under this key before: nothing is billed twice.</returns>
    Task<bool> ChargeAsync(BudgetId budget, string key, Usd spent, CancellationToken cancellationToken);

    /// <summary>Gives the reservation back. Releasing what was settled changes nothing.</summary>
    Task ReleaseAsync(string key, CancellationToken cancellationToken);

    /// <summary>Null when the line was never opened.</summary>
    Task<BudgetState?> ReadAsync(BudgetId budget, CancellationToken cancellationToken);

    /// <summary>Releases reservations older than <paramref name="age"/>; returns how many there were.</summary>
    Task<int> ExpireAsync(TimeSpan age, CancellationToken cancellationToken);
}
