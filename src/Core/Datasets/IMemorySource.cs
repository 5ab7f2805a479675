using Espalier.Contracts.Datasets;

namespace Espalier.Core.Datasets;

/// <summary>The past cases that a version's memory may show: the search split of one dataset revision, with references.</summary>
public interface IMemorySource
{
    Task<IReadOnlyList<Case>> ReadAsync(RevisionId revision, CancellationToken cancellationToken);
}
