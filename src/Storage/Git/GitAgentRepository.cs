using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>Agents' repositories, <c>AGENT.git</c> each, as bare git repositories in one folder. Thread-safe.</summary>
internal sealed partial class GitAgentRepository(GitProgram git, string folder, TimeProvider time) : IAgentRepository
{
    private const string Versions = "refs/espalier/";
    private const int MaxDiffBytes = 16 << 20;
    private const int MaxKnownCommits = 50_000;

    // Equal files give an equal snapshot whenever it is taken: 1 January 2000.
    private const long SnapshotTime = 946_684_800;

    private readonly string _root = Path.GetFullPath(folder);
    private readonly TreeCache _trees = new(64 << 20);
    private readonly ConcurrentDictionary<(string Agent, VersionId Id), CommitObject> _commits = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new();

    public async Task<AgentVersion> ImportAsync(string agent, string folder, CancellationToken cancellationToken)
    {
        var source = SourceFolder.Open(folder);
        var gate = Gate(agent);
        await gate.WaitAsync(cancellationToken);
        try
        {
            var repository = await EnsureRepositoryAsync(agent, cancellationToken);
            return source.IsRepository
                ? await FetchAsync(agent, repository, source, cancellationToken)
                : await SnapshotAsync(agent, repository, source, cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task<IReadOnlyDictionary<string, byte[]>> ReadFilesAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        (await ReadTreeAsync(agent, version, cancellationToken)).Bytes;

    public async Task<AgentVersion> CommitAsync(
        string agent, VersionId parent, IReadOnlyDictionary<string, byte[]?> changes, string message, CancellationToken cancellationToken)
    {
        var repository = FindRepository(agent);
        var before = await ReadCommitAsync(agent, parent, cancellationToken);
        var files = await ReadTreeAsync(agent, parent, cancellationToken);
        var after = Apply(files, changes);
        var commit = new NewCommit
        {
            Parent = parent,
            At = before.CommittedAt + 1,
            Message = CleanMessage(message),
            Changes = changes,
            Executable = files.Executable,
            Nonce = NewNonce(),
        };
        // One at a time: two equal commits at once would want one reference.
        var gate = Gate(agent);
        await gate.WaitAsync(cancellationToken);
        try
        {
            return await WriteAsync(agent, repository, commit, after, cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task<AgentVersion> FindAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        (await ReadCommitAsync(agent, version, cancellationToken)).ToVersion(agent);

    public async Task<AgentVersion> ResolveAsync(string agent, string revision, CancellationToken cancellationToken)
    {
        var repository = FindRepository(agent);
        var digits = revision.ToLowerInvariant();
        if (!Digits().IsMatch(digits))
        {
            throw new Refusal(
                "version-name-malformed", 400, $"'{Cut(revision)}' is not a version of {agent}.", "Give 4 to 40 hex digits of its commit, as in the list of versions.");
        }

        var known = await ListVersionsAsync(repository, cancellationToken);
        var matches = known.Where(id => id.StartsWith(digits, StringComparison.Ordinal)).ToList();
        return matches.Count switch
        {
            1 => await FindAsync(agent, new VersionId(matches[0]), cancellationToken),
            0 => throw NotFound(agent, revision, known),
            _ => throw new Refusal(
                "version-ambiguous", 409, $"{revision} is the start of {matches.Count} versions of {agent}.",
                $"Give more digits of one of them: {string.Join(", ", matches.Take(5).Select(id => id[..12]))}."),
        };
    }

    public async Task<VersionDiff> DiffAsync(string agent, VersionId from, VersionId to, CancellationToken cancellationToken)
    {
        await ReadCommitAsync(agent, from, cancellationToken);
        await ReadCommitAsync(agent, to, cancellationToken);
        try
        {
            var patch = await git.ReadAsync(
                new GitCall(
                    FindRepository(agent), "diff-tree", "-p", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--end-of-options",
                    from.Value, to.Value),
                MaxDiffBytes, cancellationToken);
            return new VersionDiff(from, to, Encoding.UTF8.GetString(patch));
        }
        catch (GitOutputTooLargeException)
        {
            // A diff that is cut short could hide what it does not show.
            throw new Refusal(
                "diff-too-large", 422, $"The diff of {from} and {to} is larger than {MaxDiffBytes >> 20} MiB.", "Compare versions that lie closer together.");
        }
    }

    public async Task MaterializeAsync(string agent, VersionId version, string folder, CancellationToken cancellationToken)
    {
        var files = await ReadTreeAsync(agent, version, cancellationToken);
        var root = Directory.CreateDirectory(folder).FullName;
        if (Directory.EnumerateFileSystemEntries(root).Any()) throw new InvalidOperationException($"The folder {root} is not empty.");
        try
        {
            Write(root, files, cancellationToken);
        }
        catch (IOException error) when (DiskFaults.From(error, root) is not null)
        {
            throw DiskFaults.From(error, root)!;
        }
    }

    private static void Write(string root, TreeFiles files, CancellationToken cancellationToken)
    {
        const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, bytes) in files.Bytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // The names were judged when the tree was read, and the folder is ours: nothing in it can be a link.
            var target = Path.Combine(root, path);
            if (Path.GetDirectoryName(target)! is var parent && parent != root && folders.Add(parent)) Directory.CreateDirectory(parent);
            using var handle = File.OpenHandle(target, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.Write(handle, bytes, 0);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(handle, files.Executable.Contains(path) ? Executable : Plain);
        }
    }

    private async Task<AgentVersion> FetchAsync(string agent, string repository, SourceFolder source, CancellationToken cancellationToken)
    {
        var incoming = $"refs/espalier-new/{NewNonce()}";
        await FetchHeadAsync(repository, source, incoming, cancellationToken);
        try
        {
            var commit = await TalkAsync(repository, async reader =>
            {
                await reader.AskAsync([$"{incoming}^{{commit}}"]);
                var head = await reader.NextAsync() ?? throw new InvalidDataException("The commit that was fetched is not there.");
                var parsed = CommitObject.Parse(new VersionId(head.Id), head.Content);
                _trees.Add(parsed.Tree, await TreeReader.ReadAsync(reader, parsed.Tree));
                return parsed;
            }, cancellationToken);
            await UpdateReferencesAsync(repository, $"update {Versions}{commit.Id} {commit.Id}\n", cancellationToken);
            return Remember(agent, commit).ToVersion(agent);
        }
        finally
        {
            await UpdateReferencesAsync(repository, $"delete {incoming}\n", CancellationToken.None);
        }
    }

    private async Task FetchHeadAsync(string repository, SourceFolder source, string incoming, CancellationToken cancellationToken)
    {
        // The reading side of a fetch runs in the source and looks at who owns it. The caller named this folder, so this one path is
        // said to be safe, in a file of ours and for this call alone.
        var config = Path.Combine(_root, $"import-{NewNonce()}.config");
        var quoted = source.Path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
        try
        {
            await File.WriteAllTextAsync(config, $"[safe]\n\tdirectory = \"{quoted}\"\n\tdirectory = \"{quoted}/.git\"\n", cancellationToken);
            var call = new GitCall(
                repository, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance",
                "--update-shallow", "--end-of-options", source.Url, $"+HEAD:{incoming}") { GlobalConfig = config };
            await git.ReadAsync(call, 1 << 20, cancellationToken);
        }
        catch (GitFailedException error) when (error.Text.Contains("couldn't find remote ref HEAD", StringComparison.Ordinal))
        {
            throw new Refusal(
                "agent-folder-refused", 422, $"The git repository {source.Path} has no commit yet.", "Commit the agent's files: git add -A && git commit");
        }
        catch (GitFailedException error)
        {
            throw new Refusal(
                "agent-folder-refused", 422, $"git could not read {source.Path}: {error.LastLine}",
                "Check it with git fsck, or import a copy of the files without .git.");
        }
        catch (IOException error) when (DiskFaults.From(error, _root) is not null)
        {
            throw DiskFaults.From(error, _root)!;
        }
        finally
        {
            File.Delete(config);
            RemoveLeftovers(repository);
        }
    }

    private async Task<AgentVersion> SnapshotAsync(string agent, string repository, SourceFolder source, CancellationToken cancellationToken)
    {
        var files = await source.ReadFilesAsync(cancellationToken);
        if (files.Bytes.Count == 0)
            throw new Refusal("agent-folder-refused", 422, $"The folder {source.Path} has no files.", "Give the folder that holds the agent's espalier.yaml.");
        var commit = new NewCommit
        {
            Parent = null,
            At = SnapshotTime,
            Message = "Snapshot of the agent's folder\n",
            Changes = files.Bytes!,
            Executable = files.Executable,
            Nonce = NewNonce(),
        };
        return await WriteAsync(agent, repository, commit, files, cancellationToken);
    }

    private async Task<AgentVersion> WriteAsync(
        string agent, string repository, NewCommit commit, TreeFiles files, CancellationToken cancellationToken)
    {
        VersionId version;
        TreeId tree;
        try
        {
            (version, tree) = await git.TalkAsync(
                FastImport.Call(repository), (input, output, cancellation) => FastImport.WriteAsync(input, output, commit, cancellation), cancellationToken);
        }
        catch
        {
            RemoveLeftovers(repository);
            throw;
        }

        _trees.Add(tree, files);
        var title = commit.Message.Split('\n')[0];
        return Remember(agent, new CommitObject(version, tree, commit.Parent, commit.At, IsOurs: true, title)).ToVersion(agent);
    }

    /// <summary>Removes what a git that died left half written. Called with the agent's gate held, so nobody is writing it.</summary>
    private static void RemoveLeftovers(string repository)
    {
        try
        {
            foreach (var crash in Directory.EnumerateFiles(repository, "fast_import_crash_*")) File.Delete(crash);
            var packs = Path.Combine(repository, "objects", "pack");
            if (!Directory.Exists(packs)) return;
            foreach (var pack in Directory.EnumerateFiles(packs, "tmp_*")) File.Delete(pack);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // They only take room; the next failure tries again.
        }
    }

    /// <summary>The files after the changes; refuses changes that no version may make.</summary>
    private static TreeFiles Apply(TreeFiles files, IReadOnlyDictionary<string, byte[]?> changes)
    {
        var after = new Dictionary<string, byte[]>(files.Bytes, StringComparer.Ordinal);
        foreach (var (path, bytes) in changes)
        {
            RepositoryPaths.Check(path);
            if (path == RepositoryPaths.Contract)
                throw RepositoryPaths.Refuse(path, "is the contract, which no edit may touch", "Change it in the agent's own repository and import that.");
            if (bytes is null)
            {
                if (!after.Remove(path)) throw RepositoryPaths.Refuse(path, "is to be deleted and is not there", "Leave it out of the change.");
                continue;
            }

            if (bytes.LongLength > RepositoryLimits.FileBytes)
                throw RepositoryPaths.Refuse(path, $"has {bytes.LongLength:N0} bytes, the limit is {RepositoryLimits.FileBytes:N0}", "Make it smaller.");
            after[path] = bytes;
        }

        RepositoryPaths.CheckTogether(after.Keys);
        var executable = files.Executable.Where(after.ContainsKey).ToHashSet(StringComparer.Ordinal);
        var result = new TreeFiles(after, executable);
        return after.Count <= RepositoryLimits.Entries && result.TotalBytes <= RepositoryLimits.TotalBytes
            ? result
            : throw new Refusal("repository-too-large", 422, "The version would be larger than an agent's repository may be.", "Make the change smaller.");
    }

    private async Task<TreeFiles> ReadTreeAsync(string agent, VersionId version, CancellationToken cancellationToken)
    {
        if (_commits.TryGetValue((agent, version), out var known) && _trees.Find(known.Tree) is { } cached) return cached;
        var repository = FindRepository(agent);
        return await TalkAsync(repository, async reader =>
        {
            var commit = known ?? await ReadCommitAsync(reader, agent, version);
            if (_trees.Find(commit.Tree) is { } found) return found;
            var files = await TreeReader.ReadAsync(reader, commit.Tree);
            _trees.Add(commit.Tree, files);
            return files;
        }, cancellationToken);
    }

    private async Task<CommitObject> ReadCommitAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        _commits.TryGetValue((agent, version), out var known)
            ? known
            : await TalkAsync(FindRepository(agent), reader => ReadCommitAsync(reader, agent, version), cancellationToken);

    private async Task<CommitObject> ReadCommitAsync(ObjectReader reader, string agent, VersionId version)
    {
        if (version.Value is not { } id || !Sha().IsMatch(id)) throw NotFound(agent, version.Value ?? "", []);
        await reader.AskAsync([id]);
        if (await reader.NextAsync() is not { Type: "commit" } found) throw NotFound(agent, id, []);
        return Remember(agent, CommitObject.Parse(version, found.Content));
    }

    private Task<T> TalkAsync<T>(string repository, Func<ObjectReader, Task<T>> talk, CancellationToken cancellationToken) => git.TalkAsync(
        ObjectReader.Call(repository),
        (input, output, cancellation) => talk(new ObjectReader(input, output, cancellation)),
        cancellationToken);

    private async Task<List<string>> ListVersionsAsync(string repository, CancellationToken cancellationToken)
    {
        var output = await git.ReadAsync(new GitCall(repository, "for-each-ref", "--format=%(objectname)", Versions), 16 << 20, cancellationToken);
        return [.. Encoding.ASCII.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private Task<bool> UpdateReferencesAsync(string repository, string commands, CancellationToken cancellationToken) => git.TalkAsync(
        new GitCall(repository, "update-ref", "--stdin"),
        async (input, _, cancellation) =>
        {
            await input.WriteAsync(Encoding.ASCII.GetBytes(commands), cancellation);
            return true;
        },
        cancellationToken);

    private async Task<string> EnsureRepositoryAsync(string agent, CancellationToken cancellationToken)
    {
        var path = RepositoryPath(agent);
        if (Directory.Exists(path)) return path;
        var building = Path.Combine(_root, $"new-{NewNonce()}");
        try
        {
            Directory.CreateDirectory(_root);
            await git.ReadAsync(
                new GitCall(null, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", building), 1 << 20, cancellationToken);
            Directory.Move(building, path);
        }
        catch (Exception error) when (DiskFaults.From(error, _root) is not null)
        {
            throw DiskFaults.From(error, _root)!;
        }

        return path;
    }

    private string FindRepository(string agent)
    {
        var path = RepositoryPath(agent);
        return Directory.Exists(path)
            ? path
            : throw new Refusal("agent-not-found", 404, $"There is no agent '{agent}'.", "Bring one in with 'espalier agents import FOLDER'.");
    }

    private string RepositoryPath(string agent) => AgentName().IsMatch(agent) && !agent.Contains("..", StringComparison.Ordinal)
        ? Path.Combine(_root, agent + ".git")
        : throw new Refusal(
            "agent-name-malformed", 422, $"'{Cut(agent)}' is no name for an agent.", "Use letters, digits, dots, dashes and underscores, at most 64.");

    private CommitObject Remember(string agent, CommitObject commit)
    {
        if (_commits.Count >= MaxKnownCommits) _commits.Clear();
        return _commits[(agent, commit.Id)] = commit;
    }

    private SemaphoreSlim Gate(string agent) => _gates.GetOrAdd(agent, _ => new SemaphoreSlim(1, 1));

    private string NewNonce() => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    private static string CleanMessage(string message)
    {
        var clean = new string([.. message.Where(character => character == '\n' || !char.IsControl(character))]).Trim();
        return clean.Length > 0 ? clean + "\n" : throw new ArgumentException("A commit needs a message.", nameof(message));
    }

    private static Refusal NotFound(string agent, string revision, IReadOnlyList<string> known)
    {
        var nearest = known.OrderByDescending(id => id.Zip(revision).TakeWhile(pair => pair.First == char.ToLowerInvariant(pair.Second)).Count())
            .ThenBy(id => id, StringComparer.Ordinal).Take(3).Select(id => id[..12]).ToList();
        return new Refusal(
            "version-not-found", 404, $"{agent} has no version {Cut(revision)}.",
            nearest.Count > 0 ? $"The nearest are {string.Join(", ", nearest)}." : "List its versions and give the id of one.");
    }

    private static string Cut(string text) => new([.. text.Where(character => !char.IsControl(character)).Take(80)]);

    [GeneratedRegex(@"\A[0-9a-f]{40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Sha();

    [GeneratedRegex(@"\A[0-9a-f]{4,40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex AgentName();
}
