using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>Brings a foreign folder in: the head of a git repository, or a snapshot of plain files. A caller holds the agent's gate.</summary>
internal sealed class AgentImport(GitProgram git, AgentFolders folders, VersionReader reader, VersionWriter writer)
{
    public const string Versions = "refs/espalier/";

    // Equal files give an equal snapshot whenever it is taken: 1 January 2000.
    private const long SnapshotTime = 946_684_800;

    public async Task<AgentVersion> ImportAsync(string agent, SourceFolder source, CancellationToken cancellationToken)
    {
        var repository = await folders.EnsureAsync(agent, cancellationToken);
        return source.IsRepository
            ? await FetchAsync(agent, repository, source, cancellationToken)
            : await SnapshotAsync(agent, repository, source, cancellationToken);
    }

    private async Task<AgentVersion> FetchAsync(string agent, string repository, SourceFolder source, CancellationToken cancellationToken)
    {
        var incoming = $"refs/espalier-new/{folders.NewNonce()}";
        await FetchHeadAsync(repository, source, incoming, cancellationToken);
        try
        {
            var commit = await reader.ReadReferenceAsync(repository, incoming, cancellationToken);
            await UpdateReferencesAsync(repository, $"update {Versions}{commit.Id} {commit.Id}\n", cancellationToken);
            return reader.Remember(agent, commit).ToVersion(agent);
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
        var config = Path.Combine(folders.Root, $"import-{folders.NewNonce()}.config");
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
        catch (IOException error) when (DiskFaults.From(error, folders.Root) is not null)
        {
            throw DiskFaults.From(error, folders.Root)!;
        }
        finally
        {
            File.Delete(config);
            VersionWriter.RemoveLeftovers(repository);
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
            Nonce = folders.NewNonce(),
        };
        return await writer.WriteAsync(agent, repository, commit, files, cancellationToken);
    }

    private Task<bool> UpdateReferencesAsync(string repository, string commands, CancellationToken cancellationToken) => git.TalkAsync(
        new GitCall(repository, "update-ref", "--stdin"),
        async (input, _, cancellation) =>
        {
            await input.WriteAsync(Encoding.ASCII.GetBytes(commands), cancellation);
            return true;
        },
        cancellationToken);
}
