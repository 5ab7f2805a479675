using Espalier.Contracts.Agents;
using Espalier.Core.Agents;

namespace Espalier.Workers.Tests.Fakes;

/// <summary>Versions as dictionaries of files. Counts how often one was written to disk.</summary>
internal sealed class FilesRepository : IAgentRepository
{
    private readonly Dictionary<VersionId, IReadOnlyDictionary<string, string>> _versions = [];
    private int _materialized;

    public int Materialized => _materialized;

    public AgentVersion Add(params (string Path, string Content)[] files)
    {
        var number = _versions.Count + 1;
        var version = new AgentVersion
        {
            Agent = "trial", Id = new VersionId($"{number:x40}"), Tree = new TreeId($"{number:x8}{Environment.ProcessId:x8}"), Title = "trial",
        };
        _versions[version.Id] = files.ToDictionary(file => file.Path, file => file.Content);
        return version;
    }

    public async Task MaterializeAsync(string agent, VersionId version, string folder, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _materialized);
        foreach (var (path, content) in _versions[version])
        {
            var full = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            await File.WriteAllTextAsync(full, content, cancellationToken);
        }
    }

    public Task<AgentVersion> ImportAsync(string agent, string folder, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, byte[]>> ReadFilesAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<AgentVersion> CommitAsync(string agent, VersionId parent, IReadOnlyDictionary<string, byte[]?> changes, string message, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<AgentVersion> FindAsync(string agent, VersionId version, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AgentVersion> ResolveAsync(string agent, string revision, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<VersionDiff> DiffAsync(string agent, VersionId from, VersionId to, CancellationToken cancellationToken) => throw new NotSupportedException();
}
