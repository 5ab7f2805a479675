using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Shared;

namespace Espalier.Testing.Fakes;

/// <summary>An agent's repository in memory: content-hash ids, so the same edit on the same parent is the same version. Thread-safe.</summary>
public sealed class InMemoryAgentRepository : IAgentRepository
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Agent, VersionId Version), Commit> _commits = [];

    /// <summary>Versions made so far, imported ones included.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _commits.Count;
        }
    }

    /// <summary>A first version from texts, by path.</summary>
    public AgentVersion Add(string agent, IReadOnlyDictionary<string, string> files) =>
        Save(agent, null, files.ToDictionary(file => file.Key, file => System.Text.Encoding.UTF8.GetBytes(file.Value)), "Import");

    public async Task<AgentVersion> ImportAsync(string agent, string folder, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, byte[]>();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            files[Path.GetRelativePath(folder, path).Replace('\\', '/')] = await File.ReadAllBytesAsync(path, cancellationToken);
        return Save(agent, null, files, "Import");
    }

    public Task<IReadOnlyDictionary<string, byte[]>> ReadFilesAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        Task.FromResult(Find(agent, version).Files);

    public Task<AgentVersion> CommitAsync(
        string agent, VersionId parent, IReadOnlyDictionary<string, byte[]?> changes, string message, CancellationToken cancellationToken)
    {
        var files = Find(agent, parent).Files.ToDictionary();
        foreach (var (path, bytes) in changes)
        {
            if (bytes is null) files.Remove(path);
            else files[path] = bytes;
        }

        return Task.FromResult(Save(agent, parent, files, message));
    }

    public Task<AgentVersion> FindAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        Task.FromResult(Find(agent, version).Version);

    public Task<AgentVersion> ResolveAsync(string agent, string revision, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var found = _commits.Where(commit => commit.Key.Agent == agent && commit.Key.Version.Value.StartsWith(revision, StringComparison.Ordinal)).ToList();
            return found.Count == 1 && revision.Length >= 4
                ? Task.FromResult(found[0].Value.Version)
                : throw new Refusal("version-not-found", 404, $"'{revision}' names {found.Count} versions.", "Give 4 or more digits of one.");
        }
    }

    public async Task<VersionDiff> DiffAsync(string agent, VersionId from, VersionId to, CancellationToken cancellationToken)
    {
        var (before, after) = (await ReadFilesAsync(agent, from, cancellationToken), await ReadFilesAsync(agent, to, cancellationToken));
        var changed = before.Keys.Union(after.Keys).Order(StringComparer.Ordinal)
            .Where(path => !before.TryGetValue(path, out var old) || !after.TryGetValue(path, out var now) || !old.AsSpan().SequenceEqual(now));
        return new VersionDiff(from, to, string.Concat(changed.Select(path => $"--- a/{path}\n+++ b/{path}\n")));
    }

    public async Task MaterializeAsync(string agent, VersionId version, string folder, CancellationToken cancellationToken)
    {
        foreach (var (path, bytes) in Find(agent, version).Files)
        {
            var target = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await File.WriteAllBytesAsync(target, bytes, cancellationToken);
        }
    }

    private Commit Find(string agent, VersionId version)
    {
        lock (_lock)
        {
            return _commits.TryGetValue((agent, version), out var commit)
                ? commit
                : throw new Refusal("version-not-found", 404, $"There is no version {version}.", "Take one of the agent's versions.");
        }
    }

    private AgentVersion Save(string agent, VersionId? parent, IReadOnlyDictionary<string, byte[]> files, string message)
    {
        string[] content = [.. files.OrderBy(file => file.Key, StringComparer.Ordinal).SelectMany(file => new[] { file.Key, Convert.ToHexString(file.Value) })];
        var tree = new TreeId(ContentHash.Of(40, content));
        var version = new AgentVersion
        {
            Agent = agent,
            Id = new VersionId(ContentHash.Of(40, tree.Value, parent?.Value, message)),
            Tree = tree,
            Parent = parent,
            Title = message.Split('\n')[0],
        };
        lock (_lock) _commits.TryAdd((agent, version.Id), new Commit(version, files));
        return version;
    }

    private sealed record Commit(AgentVersion Version, IReadOnlyDictionary<string, byte[]> Files);
}
