using System.Collections.Concurrent;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Testing.Fakes;

/// <summary>The run cache in memory; passes the same contract as the real stores.</summary>
public sealed class InMemoryRunCache : IRunCache
{
    private readonly ConcurrentDictionary<RunKey, Run> _runs = new();

    public int Count => _runs.Count;

    public Task<Run?> FindAsync(RunKey key, CancellationToken cancellationToken) =>
        Task.FromResult(_runs.TryGetValue(key, out var run) ? run with { Cached = true } : null);

    public Task SaveAsync(Run run, CancellationToken cancellationToken)
    {
        if (run.Key is not { } key) throw new ArgumentException("A run without a key (production traffic) is never cached.", nameof(run));
        _runs.TryAdd(key, run);
        return Task.CompletedTask;
    }
}
