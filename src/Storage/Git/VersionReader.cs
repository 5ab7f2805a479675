using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Espalier.Contracts.Agents;

namespace Espalier.Storage.Git;

/// <summary>Reads commits and their trees, and keeps those that were read last. A version never changes, so nothing is ever stale. Thread-safe.</summary>
internal sealed partial class VersionReader(GitProgram git, AgentFolders folders)
{
    private const int MaxKnownCommits = 50_000;

    private readonly TreeCache _trees = new(64 << 20);
    private readonly ConcurrentDictionary<(string Agent, VersionId Id), CommitObject> _commits = new();

    public async Task<TreeFiles> ReadTreeAsync(string agent, VersionId version, CancellationToken cancellationToken)
    {
        if (_commits.TryGetValue((agent, version), out var known) && _trees.Find(known.Tree) is { } cached) return cached;
        var repository = folders.Find(agent);
        return await TalkAsync(repository, async reader =>
        {
            var commit = known ?? await ReadCommitAsync(reader, agent, version);
            if (_trees.Find(commit.Tree) is { } found) return found;
            var files = await TreeReader.ReadAsync(reader, commit.Tree);
            _trees.Add(commit.Tree, files);
            return files;
        }, cancellationToken);
    }

    public async Task<CommitObject> ReadCommitAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        _commits.TryGetValue((agent, version), out var known)
            ? known
            : await TalkAsync(folders.Find(agent), reader => ReadCommitAsync(reader, agent, version), cancellationToken);

    /// <summary>Reads the commit that a reference names, with its tree.</summary>
    public Task<CommitObject> ReadReferenceAsync(string repository, string reference, CancellationToken cancellationToken) =>
        TalkAsync(repository, async reader =>
        {
            await reader.AskAsync([$"{reference}^{{commit}}"]);
            var head = await reader.NextAsync() ?? throw new InvalidDataException("The commit that was fetched is not there.");
            var parsed = CommitObject.Parse(new VersionId(head.Id), head.Content);
            _trees.Add(parsed.Tree, await TreeReader.ReadAsync(reader, parsed.Tree));
            return parsed;
        }, cancellationToken);

    public CommitObject Remember(string agent, CommitObject commit)
    {
        if (_commits.Count >= MaxKnownCommits) _commits.Clear();
        return _commits[(agent, commit.Id)] = commit;
    }

    public CommitObject Remember(string agent, CommitObject commit, TreeFiles files)
    {
        _trees.Add(commit.Tree, files);
        return Remember(agent, commit);
    }

    private async Task<CommitObject> ReadCommitAsync(ObjectReader reader, string agent, VersionId version)
    {
        if (version.Value is not { } id || !Sha().IsMatch(id)) throw VersionResolver.NotFound(agent, version.Value ?? "", []);
        await reader.AskAsync([id]);
        if (await reader.NextAsync() is not { Type: "commit" } found) throw VersionResolver.NotFound(agent, id, []);
        return Remember(agent, CommitObject.Parse(version, found.Content));
    }

    private Task<T> TalkAsync<T>(string repository, Func<ObjectReader, Task<T>> talk, CancellationToken cancellationToken) => git.TalkAsync(
        ObjectReader.Call(repository),
        (input, output, cancellation) => talk(new ObjectReader(input, output, cancellation)),
        cancellationToken);

    [GeneratedRegex(@"\A[0-9a-f]{40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Sha();
}
