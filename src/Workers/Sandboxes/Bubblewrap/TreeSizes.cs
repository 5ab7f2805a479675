using System.Collections.Concurrent;

namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>Whether a folder is so large that laying an overlay over it is cheaper than copying it. Looked at once a folder. Thread-safe.</summary>
/// <remarks>An overlay takes about a millisecond whatever the size; copying takes about 20 microseconds a small file and a millisecond for
/// 2 MiB, and the copy takes memory (bench/results/runs.md).</remarks>
internal sealed class TreeSizes(int files, long bytes)
{
    /// <summary>A version's folder never changes; the oldest are forgotten so that the list stays short.</summary>
    private const int MostKept = 1024;

    private readonly ConcurrentDictionary<string, bool> _known = new();

    public bool IsLarge(string folder)
    {
        if (_known.TryGetValue(folder, out var large)) return large;
        if (_known.Count >= MostKept) _known.Clear();
        return _known[folder] = Measure(new DirectoryInfo(folder));
    }

    /// <summary>Stops looking as soon as it is known to be large.</summary>
    private bool Measure(DirectoryInfo folder)
    {
        if (!folder.Exists) return false;
        var (leftFiles, leftBytes) = (files, bytes);
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };
        foreach (var entry in folder.EnumerateFileSystemInfos("*", all))
        {
            if (entry is FileInfo { LinkTarget: null } file) leftBytes -= file.Length;
            if (--leftFiles < 0 || leftBytes < 0) return true;
        }

        return false;
    }
}
