using Espalier.Contracts.Datasets;
using Espalier.Core.Datasets;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Policies.Memory.Retrieval;

/// <summary>The indexes of the revisions used last, each built once.</summary>
internal sealed class CaseIndexes(IMemorySource source)
{
    private const int KeptRevisions = 16;

    private readonly BoundedCache<RevisionId, Lazy<Task<CaseIndex>>> _indexes = new(KeptRevisions);

    public async Task<CaseIndex> GetAsync(RevisionId revision, CancellationToken cancellationToken)
    {
        var entry = _indexes.GetOrAdd(revision, _ => new Lazy<Task<CaseIndex>>(() => BuildAsync(revision)));
        try
        {
            var index = await entry.Value.WaitAsync(cancellationToken);
            // A revision that is not there yet may be there later.
            if (index.Count == 0) _indexes.Remove(revision);
            return index;
        }
        catch (Exception) when (entry.Value.IsFaulted)
        {
            _indexes.Remove(revision);
            throw;
        }
    }

    // Shared by all callers, so no caller's cancellation may end it.
    private async Task<CaseIndex> BuildAsync(RevisionId revision) => new(await source.ReadAsync(revision, CancellationToken.None));
}
