using Espalier.Contracts.Agents;

namespace Espalier.Core.Agents;

/// <summary>Our own bare git repository of an agent. A foreign repository is only ever fetched from, never run git in.</summary>
/// <remarks>Commits made here are reproducible: equal parent, files, message and date give an equal SHA.</remarks>
public interface IAgentRepository
{
    /// <summary>Brings in a folder: its HEAD commit when it is a git work tree of its own, else a snapshot of its files.</summary>
    Task<AgentVersion> ImportAsync(string agent, string folder, CancellationToken cancellationToken);

    /// <summary>All files of a version: path (with <c>/</c>) to bytes.</summary>
    Task<IReadOnlyDictionary<string, byte[]>> ReadFilesAsync(string agent, VersionId version, CancellationToken cancellationToken);

    /// <summary>A commit on <paramref name="parent"/> with some files written (null bytes: deleted), subject to the agent's path rules.</summary>
    Task<AgentVersion> CommitAsync(
        string agent, VersionId parent, IReadOnlyDictionary<string, byte[]?> changes, string message, CancellationToken cancellationToken);

    Task<AgentVersion> FindAsync(string agent, VersionId version, CancellationToken cancellationToken);

    /// <summary>Resolves a full SHA or a prefix of at least 4 digits; a refusal lists the nearest when nothing or several match.</summary>
    Task<AgentVersion> ResolveAsync(string agent, string revision, CancellationToken cancellationToken);

    Task<VersionDiff> DiffAsync(string agent, VersionId from, VersionId to, CancellationToken cancellationToken);

    /// <summary>Writes the files of a version into an empty folder, by our own writer: no hooks, filters or links.</summary>
    Task MaterializeAsync(string agent, VersionId version, string folder, CancellationToken cancellationToken);
}
