using Espalier.Core.Shared;

namespace Espalier.Storage;

/// <summary>What a disk can do to us, told with the path and what to do.</summary>
internal static class DiskFaults
{
    // The runtime keeps errno in the low half of HResult on Unix (EROFS 30, ENOSPC 28, EDQUOT 122); Windows has its own two for a full disk.
    private const int ReadOnlyFileSystem = 30;

    public static StorageFault FullDisk(string path, Exception? error) => new(
        StorageFault.Full, path, $"The disk is full: {path} could not grow; what was being written is not stored, everything before it is.",
        $"Free space on the disk that holds {path}, or move the data folder to a larger one; then try again.", error);

    public static StorageFault NotWritable(string path, Exception? error) => new(
        StorageFault.ReadOnly, path, $"The data folder is not writable: {path}.",
        "Make the folder writable for the user that runs the server, or choose another data folder.", error);

    /// <summary>Null when the error says nothing about the disk.</summary>
    public static StorageFault? From(Exception error, string path) => error switch
    {
        UnauthorizedAccessException => NotWritable(path, error),
        IOException io when (io.HResult & 0xFFFF) is ReadOnlyFileSystem => NotWritable(path, error),
        IOException io when (io.HResult & 0xFFFF) is 28 or 122 or 0x70 or 0x27 => FullDisk(path, error),
        _ => null,
    };
}
