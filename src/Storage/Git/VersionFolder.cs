namespace Espalier.Storage.Git;

/// <summary>Writes a version's files into a folder of ours.</summary>
internal static class VersionFolder
{
    public static void Write(string root, TreeFiles files, CancellationToken cancellationToken)
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
}
