using Espalier.Contracts.Runs;

namespace Espalier.Core.Runs;

/// <summary>What providers still work on and will bill, kept so that it is accounted for whoever fetches it, or nobody, and after a restart.</summary>
/// <remarks>Known by kind and id. Thread-safe; survives a crash.</remarks>
public interface IDeferredBills
{
    /// <summary>Remembers it; one that is known already stays as it was. With a reason it is over from the start: only whose it is is remembered.</summary>
    Task AddAsync(DeferredBill bill, string? ended, CancellationToken cancellationToken);

    /// <summary>Open or not; null when it is not known.</summary>
    Task<DeferredBill?> FindAsync(string kind, string id, CancellationToken cancellationToken);

    /// <summary>What is still to be billed, oldest first.</summary>
    Task<IReadOnlyList<DeferredBill>> ListOpenAsync(CancellationToken cancellationToken);

    /// <summary>It is accounted for, or never will be; the first reason stays.</summary>
    Task EndAsync(string kind, string id, string reason, CancellationToken cancellationToken);
}
