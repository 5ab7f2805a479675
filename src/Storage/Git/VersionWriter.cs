using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>Writes new commits. A caller holds the agent's gate: two equal commits at once would want one reference.</summary>
internal sealed class VersionWriter(GitProgram git, VersionReader reader)
{
    public async Task<AgentVersion> WriteAsync(
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

        var title = commit.Message.Split('\n')[0];
        return reader.Remember(agent, new CommitObject(version, tree, commit.Parent, commit.At, IsOurs: true, title), files).ToVersion(agent);
    }

    /// <summary>Removes what a git that died left half written. Called with the agent's gate held, so nobody is writing it.</summary>
    public static void RemoveLeftovers(string repository)
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
    public static TreeFiles Apply(TreeFiles files, IReadOnlyDictionary<string, byte[]?> changes)
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

    public static string CleanMessage(string message)
    {
        var clean = new string([.. message.Where(character => character == '\n' || !char.IsControl(character))]).Trim();
        return clean.Length > 0 ? clean + "\n" : throw new ArgumentException("A commit needs a message.", nameof(message));
    }
}
