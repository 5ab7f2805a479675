using Espalier.Contracts.Datasets;
using Espalier.Contracts.Traces;
using Espalier.Core.Datasets;

namespace Espalier.Testing.Fakes;

/// <summary>Datasets in memory; passes the same contract as the real stores.</summary>
public sealed class InMemoryDatasetStore : IDatasetStore
{
    private readonly Lock _lock = new();
    private readonly List<(DatasetRevision Revision, Case[] Cases)> _revisions = [];

    public Task SaveAsync(DatasetRevision revision, IReadOnlyList<Case> cases, CancellationToken cancellationToken)
    {
        lock (_lock)
            if (!_revisions.Exists(saved => saved.Revision.Id == revision.Id)) _revisions.Add((revision, [.. cases]));
        return Task.CompletedTask;
    }

    public Task<DatasetRevision?> FindAsync(RevisionId id, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult<DatasetRevision?>(_revisions.Find(saved => saved.Revision.Id == id).Revision);
    }

    public Task<DatasetRevision?> FindLatestAsync(string dataset, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult(NewestFirst().FirstOrDefault(revision => revision.Dataset == dataset));
    }

    public Task<IReadOnlyList<DatasetRevision>> ListAsync(string? agent, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult<IReadOnlyList<DatasetRevision>>([.. NewestFirst().Where(revision => agent is null || revision.Agent == agent)]);
    }

    public Task<IReadOnlyList<Case>> ReadCasesAsync(RevisionId id, Split? split, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var cases = _revisions.Find(saved => saved.Revision.Id == id).Cases ?? [];
            return Task.FromResult<IReadOnlyList<Case>>([.. cases.Where(one => split is null || one.Split == split)]);
        }
    }

    public Task<IReadOnlyList<RevisionId>> FindByTraceAsync(TraceId trace, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<RevisionId>>(
            [
                .. _revisions.Where(saved => saved.Cases.Any(one => one.Trace == trace))
                    .OrderBy(saved => saved.Revision.CreatedAt).Select(saved => saved.Revision.Id),
            ]);
        }
    }

    private IEnumerable<DatasetRevision> NewestFirst() =>
        _revisions.AsEnumerable().Reverse().Select(saved => saved.Revision).OrderByDescending(revision => revision.CreatedAt);
}
