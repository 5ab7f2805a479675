using Espalier.Core.Shared;
using Espalier.Workers.Sandboxes;

namespace Espalier.Workers.Trials;

/// <summary>A copy of a person's folder that the sandbox's own user can read. Gone when disposed, or with the next server.</summary>
internal sealed class TrialFolder : IDisposable
{
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>History and our own data are no files of a candidate.</summary>
    private static readonly string[] LeftOut = [".git", ".espalier"];

    private readonly string _parent;

    private TrialFolder(string parent) => _parent = parent;

    public string Path => System.IO.Path.Combine(_parent, "files");

    /// <summary>Copies files, folders and links.</summary>
    /// <exception cref="Refusal">Nothing is there, it cannot be read, or it is more than a sandbox may hold.</exception>
    public static TrialFolder Copy(string from, string stateFolder, long bytes, int files, CancellationToken cancellationToken)
    {
        if (!System.IO.Path.IsPathFullyQualified(from) || !Directory.Exists(from))
            throw new Refusal("folder-not-found", 422, $"There is no folder '{from}' on the server's machine.", "Give the absolute path of a folder.");
        var all = Directory.CreateDirectory(System.IO.Path.Combine(System.IO.Path.GetFullPath(stateFolder), "trials")).FullName;
        File.SetUnixFileMode(all, Passable);
        foreach (var left in Directory.GetDirectories(all).Where(path => ServerIdentity.IsOfDeadServer(System.IO.Path.GetFileName(path))))
            Directory.Delete(left, recursive: true);

        var folder = new TrialFolder(Directory.CreateDirectory(System.IO.Path.Combine(all, ServerIdentity.Next())).FullName);
        try
        {
            File.SetUnixFileMode(folder._parent, Passable);
            var room = new Room(from, bytes, files);
            CopyInto(new DirectoryInfo(from), folder.Path, room, top: true, cancellationToken);
            return folder;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            folder.Dispose();
            throw new Refusal("folder-not-readable", 422, $"The folder '{from}' could not be copied: {e.Message}", "The server needs to read all of it; --folder names another one.");
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(_parent)) Directory.Delete(_parent, recursive: true);
    }

    private static void CopyInto(DirectoryInfo from, string to, Room room, bool top, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(to);
        File.SetUnixFileMode(to, Readable | Executable);
        foreach (var entry in from.EnumerateFileSystemInfos())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (top && LeftOut.Contains(entry.Name, StringComparer.Ordinal)) continue;
            var target = System.IO.Path.Combine(to, entry.Name);
            // A link is copied as one: followed here, it would read with the server's rights what the command could not.
            if (entry.LinkTarget is { } link)
            {
                room.Take(0);
                File.CreateSymbolicLink(target, link);
            }
            else if (entry is DirectoryInfo folder)
            {
                room.Take(0);
                CopyInto(folder, target, room, top: false, cancellationToken);
            }
            else if (entry is FileInfo file)
            {
                room.Take(file.Length);
                var runs = (file.UnixFileMode & UnixFileMode.UserExecute) != UnixFileMode.None;
                // Pipes, sockets and devices say that they are empty, and reading one may never end: they come out as empty files.
                if (file.Length > 0) file.CopyTo(target);
                else File.Create(target).Dispose();
                File.SetUnixFileMode(target, runs ? Readable | Executable : Readable);
            }
        }
    }

    private sealed class Room(string from, long bytes, int files)
    {
        private long _usedBytes;
        private int _usedFiles;

        public void Take(long size)
        {
            if ((_usedBytes += size) <= bytes && ++_usedFiles <= files) return;
            throw new Refusal(
                "folder-too-large", 422, $"The folder '{from}' is more than a sandbox may hold: {bytes >> 20} MiB and {files} files.",
                "Name a smaller folder with --folder, or allow more with --disk-mb and --disk-files.");
        }
    }
}
