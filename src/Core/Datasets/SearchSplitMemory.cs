using System.Collections.Concurrent;
using Espalier.Contracts.Datasets;

namespace Espalier.Core.Datasets;

/// <summary>Memory may show cases of the search split only, and only those with a reference: confirm and vault stay unseen.</summary>
public sealed class SearchSplitMemory(IDatasetStore datasets) : IMemorySource
{
    private readonly ConcurrentDictionary<RevisionId, IReadOnlyList<Case>> _cases = new();

    public async Task<IReadOnlyList<Case>> ReadAsync(RevisionId revision, CancellationToken cancellationToken)
    {
        if (_cases.TryGetValue(revision, out var known)) return known;
        var cases = await datasets.ReadCasesAsync(revision, Split.Search, cancellationToken);
        return _cases.GetOrAdd(revision, [.. cases.Where(one => one.Reference is not null)]);
    }
}
