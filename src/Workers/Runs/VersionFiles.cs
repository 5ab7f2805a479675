using System.Collections.Concurrent;
using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Shared;
using Espalier.Workers.Sandboxes;

namespace Espalier.Workers.Runs;

/// <summary>The files of versions on disk, each content once, by the id of its tree.</summary>
/// <remarks>The folder may be passed through but not listed by others; what is in a version's folder is readable by the run's own user.
/// A folder appears by rename, so it is never seen half written, and it is kept for the next start.</remarks>
internal sealed class VersionFiles
{
    /// <summary>Contents kept from one start to the next; a search session makes a few hundred.</summary>
    private const int Kept = 256;

    /// <summary>ENOSPC.</summary>
    private const int NoSpaceLeft = 28;

    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly IAgentRepository _repository;
    private readonly string _folder;
    private readonly ConcurrentDictionary<TreeId, SemaphoreSlim> _gates = new();

    public VersionFiles(IAgentRepository repository, string stateFolder)
    {
        _repository = repository;
        _folder = Path.Combine(Path.GetFullPath(stateFolder), "versions");
        Directory.CreateDirectory(_folder);
        File.SetUnixFileMode(_folder, Passable);
        Sweep();
    }

    /// <summary>The folder with the version's files; never written to again.</summary>
    public async Task<string> FolderAsync(AgentVersion version, CancellationToken cancellationToken)
    {
        var tree = version.Tree.Value;
        if (tree.Length is < 4 or > 64 || !tree.All(char.IsAsciiHexDigitLower))
            throw new ArgumentException($"The tree id '{tree}' of version {version.Id} is not lower-case hex.", nameof(version));
        var final = Path.Combine(_folder, tree);
        if (Directory.Exists(final)) return final;

        var gate = _gates.GetOrAdd(version.Tree, _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (Directory.Exists(final)) return final;
            var draft = Directory.CreateDirectory(Path.Combine(_folder, ServerIdentity.Next())).FullName;
            try
            {
                await _repository.MaterializeAsync(version.Agent, version.Id, draft, cancellationToken);
                Open(draft);
                Directory.Move(draft, final);
            }
            catch (IOException e) when (e.HResult == NoSpaceLeft)
            {
                Directory.Delete(draft, recursive: true);
                throw new Refusal("disk-full", 507, $"The files of version {version.Id} do not fit on the disk of {_folder}.",
                    "Free space there, or set Workers:StateFolder to another disk.");
            }
            catch (IOException) when (Directory.Exists(final))
            {
                // Another server with the same state folder was faster.
                Directory.Delete(draft, recursive: true);
            }
            catch
            {
                Directory.Delete(draft, recursive: true);
                throw;
            }

            return final;
        }
        finally
        {
            gate.Release();
        }
    }

    private static void Open(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            var runs = (File.GetUnixFileMode(file) & UnixFileMode.UserExecute) != UnixFileMode.None;
            File.SetUnixFileMode(file, Readable | UnixFileMode.UserWrite | (runs ? Executable : UnixFileMode.None));
        }

        foreach (var child in Directory.EnumerateDirectories(folder)) Open(child);
        File.SetUnixFileMode(folder, Readable | Executable | UnixFileMode.UserWrite);
    }

    private void Sweep()
    {
        var folders = Directory.GetDirectories(_folder);
        var dead = folders.Where(path => ServerIdentity.IsOfDeadServer(Path.GetFileName(path)));
        var old = folders.Where(path => !Path.GetFileName(path).Contains('-', StringComparison.Ordinal))
            .OrderByDescending(Directory.GetCreationTimeUtc).Skip(Kept);
        foreach (var path in dead.Concat(old).ToList()) Directory.Delete(path, recursive: true);
    }
}
