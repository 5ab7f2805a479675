using Espalier.Core.Runs;

namespace Espalier.Testing.Fakes;

/// <summary>Recordings, catalogs and trust in memory.</summary>
public sealed class InMemoryToolStore : IToolStore
{
    private readonly Lock _lock = new();
    private readonly List<ToolRecording> _recordings = [];
    private readonly Dictionary<(string Agent, string Tool), string> _catalogs = [];
    private readonly HashSet<(string Agent, string Tool, string Digest)> _trusted = [];

    public IReadOnlyList<ToolRecording> Recordings
    {
        get
        {
            lock (_lock) return [.. _recordings];
        }
    }

    public Task AddAsync(ToolRecording recording, CancellationToken cancellationToken)
    {
        lock (_lock) _recordings.Add(recording);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<ToolRecording>> ReadAsync(string agent, string recorded, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult<IReadOnlyList<ToolRecording>>([.. _recordings.Where(one => one.Agent == agent && one.Recorded == recorded)]);
    }

    public Task<IReadOnlyList<ToolRecording>> ReadOperationAsync(string agent, string tool, string operation, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<ToolRecording>>(
                [.. Enumerable.Reverse(_recordings).Where(one => one.Agent == agent && one.Tool == tool && one.Operation == operation).Take(limit)]);
        }
    }

    public Task<int> DeleteAsync(IReadOnlyList<string> recorded, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult(_recordings.RemoveAll(one => recorded.Contains(one.Recorded)));
    }

    /// <remarks>Knows no datasets, so it keeps none of them.</remarks>
    public Task<int> ExpireAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult(_recordings.RemoveAll(one => one.At < before));
    }

    public Task SaveCatalogAsync(string agent, string tool, string catalog, CancellationToken cancellationToken)
    {
        lock (_lock) _catalogs[(agent, tool)] = catalog;
        return Task.CompletedTask;
    }

    public Task<string?> FindCatalogAsync(string agent, string tool, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult(_catalogs.GetValueOrDefault((agent, tool)));
    }

    public Task TrustAsync(string agent, string tool, string digest, string principal, CancellationToken cancellationToken)
    {
        lock (_lock) _trusted.Add((agent, tool, digest));
        return Task.CompletedTask;
    }

    public Task DistrustAsync(string agent, string tool, CancellationToken cancellationToken)
    {
        lock (_lock) _trusted.RemoveWhere(one => one.Agent == agent && one.Tool == tool);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> FindTrustedAsync(string agent, string tool, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult<IReadOnlyList<string>>([.. _trusted.Where(one => one.Agent == agent && one.Tool == tool).Select(one => one.Digest).Order(StringComparer.Ordinal)]);
    }
}
