using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>Git ended with an error; the text is git's own.</summary>
internal sealed class GitFailedException(string command, string text, Exception? inner)
    : Exception($"git {command} failed: {text}", inner)
{
    public string Text { get; } = text;

    /// <summary>The last line, which says most.</summary>
    public string LastLine => Text.Split('\n').Last(line => line.Length > 0 || Text.Length == 0);

    /// <summary>The disk's faults, told as such; null when it is something else.</summary>
    public static StorageFault? AsFault(GitFailedException error, string path)
    {
        string[] full = ["No space left on device", "Out of diskspace", "Disk quota exceeded"];
        if (Array.Exists(full, text => error.Text.Contains(text, StringComparison.Ordinal))) return DiskFaults.FullDisk(path, error);
        return error.Text.Contains("Read-only file system", StringComparison.Ordinal)
            || (error.Text.Contains("Permission denied", StringComparison.Ordinal) && error.Text.Contains(path, StringComparison.Ordinal))
            ? DiskFaults.NotWritable(path, error)
            : null;
    }
}

internal sealed class GitOutputTooLargeException(int maxBytes) : Exception($"git wrote more than {maxBytes} bytes.");
