using Microsoft.Win32.SafeHandles;

namespace Espalier.Storage.ClickHouse.Journal;

/// <summary>The journal's calls to the disk, apart so that a test can have a disk that fills up.</summary>
internal class JournalDisk
{
    /// <summary>Returns when the bytes are on the disk itself.</summary>
    public virtual async Task AppendAsync(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> bytes, long offset)
    {
        await RandomAccess.WriteAsync(file, bytes, offset, CancellationToken.None);
        RandomAccess.FlushToDisk(file);
    }

    // The file's name is on disk with its first sync on ext4, xfs and btrfs; .NET cannot sync a folder.
    public static SafeFileHandle Create(string path)
    {
        var options = PrivateFolder.NewFile();
        using var created = new FileStream(path, options);
        created.Dispose();
        return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);
    }

    // The runtime keeps errno in the low half of HResult on Unix: ENOSPC is 28, EDQUOT 122; 112 is Windows' word for the same.
    public static bool IsFull(Exception error) => (error.HResult & 0xFFFF) is 28 or 122 or 112;
}
