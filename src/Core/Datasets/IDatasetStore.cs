using Espalier.Contracts.Datasets;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Datasets;

/// <summary>Immutable revisions of datasets. Saving a revision that is there already changes nothing.</summary>
public interface IDatasetStore
{
    Task SaveAsync(DatasetRevision revision, IReadOnlyList<Case> cases, CancellationToken cancellationToken);

    Task<DatasetRevision?> FindAsync(RevisionId id, CancellationToken cancellationToken);

    /// <summary>The newest revision of a dataset, by creation.</summary>
    Task<DatasetRevision?> FindLatestAsync(string dataset, CancellationToken cancellationToken);

    Task<IReadOnlyList<DatasetRevision>> ListAsync(string? agent, CancellationToken cancellationToken);

    /// <summary>The cases of one split, or of all, in the revision's own order. Lineage is part of each case.</summary>
    Task<IReadOnlyList<Case>> ReadCasesAsync(RevisionId id, Split? split, CancellationToken cancellationToken);

    /// <summary>Forward lineage: the revisions that use a trace.</summary>
    Task<IReadOnlyList<RevisionId>> FindByTraceAsync(TraceId trace, CancellationToken cancellationToken);
}
