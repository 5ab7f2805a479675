using System.Diagnostics;
using System.Text;
using Espalier.Core.Runs;

namespace Espalier.Workers.Sandboxes.Plain;

/// <summary>The files that a plain process left, read once everything of it has ended. Links are told of and never followed.</summary>
internal static class PlainFolder
{
    private const FileAttributes Regular = FileAttributes.Normal | FileAttributes.Archive | FileAttributes.ReadOnly | FileAttributes.Hidden;

    public static async Task CollectAsync(
        Process process, string folder, bool wait, Func<WorkFile, Stream, CancellationToken, Task> take, CancellationToken cancellationToken)
    {
        if (!wait && !process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(cancellationToken);
        await WalkAsync(new DirectoryInfo(folder), "", take, cancellationToken);
    }

    private static async Task WalkAsync(DirectoryInfo folder, string prefix, Func<WorkFile, Stream, CancellationToken, Task> take, CancellationToken cancellationToken)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            var path = prefix + entry.Name;
            if (entry.LinkTarget is { } target)
            {
                using var name = new MemoryStream(Encoding.UTF8.GetBytes(target));
                await take(new WorkFile(path, WorkFileKind.Link, name.Length), name, cancellationToken);
            }
            else if (entry is DirectoryInfo inner)
            {
                await WalkAsync(inner, $"{path}/", take, cancellationToken);
            }
            else if ((entry.Attributes & Regular) != FileAttributes.None)
            {
                await using var content = File.OpenRead(entry.FullName);
                var runs = (entry.UnixFileMode & UnixFileMode.UserExecute) != UnixFileMode.None;
                await take(new WorkFile(path, runs ? WorkFileKind.Executable : WorkFileKind.File, content.Length), content, cancellationToken);
            }
        }
    }
}
