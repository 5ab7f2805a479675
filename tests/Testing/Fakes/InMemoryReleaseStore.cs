using Espalier.Contracts.Releases;
using Espalier.Core.Releases;

namespace Espalier.Testing.Fakes;

/// <summary>Release events in memory; passes the same contract as the real stores.</summary>
public sealed class InMemoryReleaseStore : IReleaseStore
{
    private readonly Lock _lock = new();
    private readonly List<ReleaseEvent> _events = [];

    public Task AppendAsync(ReleaseEvent releaseEvent, CancellationToken cancellationToken)
    {
        lock (_lock) _events.Add(releaseEvent);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<ReleaseEvent>> ReadAsync(string agent, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult<IReadOnlyList<ReleaseEvent>>([.. _events.Where(one => one.Agent == agent)]);
    }
}
