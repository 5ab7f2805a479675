using System.Collections.Concurrent;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Testing.Fakes;

public sealed class InMemoryDeferredBills : IDeferredBills
{
    private readonly ConcurrentDictionary<(string Kind, string Id), (DeferredBill Bill, string? Ended)> _bills = new();

    public Task AddAsync(DeferredBill bill, string? ended, CancellationToken cancellationToken)
    {
        _bills.TryAdd((bill.Kind, bill.Id), (bill, ended));
        return Task.CompletedTask;
    }

    public Task<DeferredBill?> FindAsync(string kind, string id, CancellationToken cancellationToken) =>
        Task.FromResult(_bills.TryGetValue((kind, id), out var known) ? known.Bill : null);

    public Task<IReadOnlyList<DeferredBill>> ListOpenAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<DeferredBill>>(
        [.. _bills.Values.Where(known => known.Ended is null).Select(known => known.Bill).OrderBy(bill => bill.Created).ThenBy(bill => bill.Kind, StringComparer.Ordinal).ThenBy(bill => bill.Id, StringComparer.Ordinal)]);

    public Task EndAsync(string kind, string id, string reason, CancellationToken cancellationToken)
    {
        while (_bills.TryGetValue((kind, id), out var known) && known.Ended is null && !_bills.TryUpdate((kind, id), known with { Ended = reason }, known)) { }
        return Task.CompletedTask;
    }
}
