using System.Collections.Concurrent;
using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>Agents' repositories, <c>AGENT.git</c> each, as bare git repositories in one folder. Thread-safe.</summary>
internal sealed class GitAgentRepository : IAgentRepository
{
    private const int MaxDiffBytes = 16 << 20;

    private readonly GitProgram _git;
    private readonly AgentFolders _folders;
    private readonly VersionReader _reader;
    private readonly VersionWriter _writer;
    private readonly VersionResolver _resolver;
    private readonly AgentImport _import;
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new();

    public GitAgentRepository(GitProgram git, string folder, TimeProvider time)
    {
        _git = git;
        _folders = new AgentFolders(git, folder, time);
        _reader = new VersionReader(git, _folders);
        _writer = new VersionWriter(git, _reader);
        _resolver = new VersionResolver(git, _folders);
        _import = new AgentImport(git, _folders, _reader, _writer);
    }

    public async Task<AgentVersion> ImportAsync(string agent, string folder, CancellationToken cancellationToken)
    {
        var source = SourceFolder.Open(folder);
        var gate = Gate(agent);
        await gate.WaitAsync(cancellationToken);
        try
        {
            return await _import.ImportAsync(agent, source, cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task<IReadOnlyDictionary<string, byte[]>> ReadFilesAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        (await _reader.ReadTreeAsync(agent, version, cancellationToken)).Bytes;

    public async Task<AgentVersion> CommitAsync(
        string agent, VersionId parent, IReadOnlyDictionary<string, byte[]?> changes, string message, CancellationToken cancellationToken)
    {
        var repository = _folders.Find(agent);
        var before = await _reader.ReadCommitAsync(agent, parent, cancellationToken);
        var files = await _reader.ReadTreeAsync(agent, parent, cancellationToken);
        var after = VersionWriter.Apply(files, changes);
        var commit = new NewCommit
        {
            Parent = parent,
            At = before.CommittedAt + 1,
            Message = VersionWriter.CleanMessage(message),
            Changes = changes,
            Executable = files.Executable,
            Nonce = _folders.NewNonce(),
        };
        // One at a time: two equal commits at once would want one reference.
        var gate = Gate(agent);
        await gate.WaitAsync(cancellationToken);
        try
        {
            return await _writer.WriteAsync(agent, repository, commit, after, cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task<AgentVersion> FindAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        (await _reader.ReadCommitAsync(agent, version, cancellationToken)).ToVersion(agent);

    public async Task<AgentVersion> ResolveAsync(string agent, string revision, CancellationToken cancellationToken) =>
        await FindAsync(agent, await _resolver.ResolveAsync(agent, revision, cancellationToken), cancellationToken);

    public async Task<VersionDiff> DiffAsync(string agent, VersionId from, VersionId to, CancellationToken cancellationToken)
    {
        await _reader.ReadCommitAsync(agent, from, cancellationToken);
        await _reader.ReadCommitAsync(agent, to, cancellationToken);
        try
        {
            var patch = await _git.ReadAsync(
                new GitCall(
                    _folders.Find(agent), "diff-tree", "-p", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--end-of-options",
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
        var files = await _reader.ReadTreeAsync(agent, version, cancellationToken);
        var root = Directory.CreateDirectory(folder).FullName;
        if (Directory.EnumerateFileSystemEntries(root).Any()) throw new InvalidOperationException($"The folder {root} is not empty.");
        try
        {
            VersionFolder.Write(root, files, cancellationToken);
        }
        catch (IOException error) when (DiskFaults.From(error, root) is not null)
        {
            throw DiskFaults.From(error, root)!;
        }
    }

    private SemaphoreSlim Gate(string agent) => _gates.GetOrAdd(agent, _ => new SemaphoreSlim(1, 1));
}
