using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Core.Datasets;
using Espalier.Workers.Sandboxes;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Runs.Workspaces;

/// <summary>Writes workspaces to folders of the host, one for each use, gone with it. What a killed server left goes at the next start.</summary>
internal sealed class WorkspaceFolders
{
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly IBlobStore _blobs;
    private readonly string _all;

    public WorkspaceFolders(IBlobStore blobs, IOptions<WorkersOptions> options)
    {
        _blobs = blobs;
        _all = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(options.Value.StateFolder), "workspaces")).FullName;
        File.SetUnixFileMode(_all, Passable);
        foreach (var left in Directory.GetDirectories(_all).Where(path => ServerIdentity.IsOfDeadServer(Path.GetFileName(path)))) Directory.Delete(left, recursive: true);
    }

    public IBlobStore Blobs => _blobs;

    /// <summary>An empty folder.</summary>
    public WorkspaceFolder Create()
    {
        var path = Directory.CreateDirectory(Path.Combine(_all, ServerIdentity.Next())).FullName;
        File.SetUnixFileMode(path, Readable | Executable);
        return new WorkspaceFolder(path);
    }

    public async Task<WorkspaceFolder> CreateAsync(IReadOnlyList<CaseFile> files, CancellationToken cancellationToken)
    {
        var folder = Create();
        try
        {
            foreach (var file in files) await WriteAsync(folder, file.Path, file.Blob, file.Executable, cancellationToken);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Deletes first, so that a file can come where a folder was.</summary>
    public async Task ApplyAsync(WorkspaceFolder folder, IReadOnlyList<FileChange> changes, CancellationToken cancellationToken)
    {
        foreach (var change in changes.Where(change => change.Kind == FileChangeKind.Deleted && CaseFiles.IsInside(change.Path)))
        {
            var path = Path.Combine(folder.Path, change.Path);
            if (File.Exists(path)) File.Delete(path);
        }

        foreach (var change in changes.Where(change => change.Kind is FileChangeKind.Added or FileChangeKind.Modified))
            await WriteAsync(folder, change.Path, change.Blob!, change.Executable, cancellationToken);
    }

    public async Task WriteAsync(WorkspaceFolder folder, string path, string blob, bool executable, CancellationToken cancellationToken)
    {
        if (!CaseFiles.IsInside(path)) throw new ArgumentException($"The path '{path}' leaves the workspace.", nameof(path));
        var content = await _blobs.FindAsync(blob, cancellationToken) ?? throw new InvalidOperationException($"The blob {blob} of '{path}' is not in the store.");
        var full = Path.Combine(folder.Path, path);
        MakeFolders(folder.Path, Path.GetDirectoryName(full)!);
        // What the tests bring wins over what was put in their place.
        if (Directory.Exists(full)) Directory.Delete(full, recursive: true);
        await File.WriteAllBytesAsync(full, content, cancellationToken);
        File.SetUnixFileMode(full, Readable | (executable ? Executable : UnixFileMode.None));
    }

    private static void MakeFolders(string root, string folder)
    {
        if (folder.Length <= root.Length || Directory.Exists(folder)) return;
        MakeFolders(root, Path.GetDirectoryName(folder)!);
        if (File.Exists(folder)) File.Delete(folder);
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, Readable | Executable);
    }
}

/// <summary>A folder of the host, deleted when disposed.</summary>
internal sealed class WorkspaceFolder(string path) : IDisposable
{
    public string Path => path;

    public void Dispose() => Directory.Delete(path, recursive: true);
}
