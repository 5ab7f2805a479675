using Espalier.Contracts.Runs;

namespace Espalier.Gateway.Accounting.Deferred;

/// <summary>One kind of work that a provider bills when it is done.</summary>
internal interface IDeferredKind
{
    /// <summary>As <see cref="DeferredBill.Kind"/> says it.</summary>
    string Name { get; }

    /// <summary>Asks the provider, and accounts for the work when it is over. Idempotent: a second time changes nothing.</summary>
    /// <returns>Why it is over; null while it goes on.</returns>
    Task<string?> TryFinishAsync(DeferredBill bill, CancellationToken cancellationToken);
}
