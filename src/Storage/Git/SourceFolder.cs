using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>A folder of somebody else's that an agent is imported from. It is looked at and copied; no program runs in it.</summary>
internal sealed class SourceFolder
{
    private static readonly string[] SkippedFolders = [".espalier", "__pycache__", "node_modules"];

    private SourceFolder(string path) => Path = path;

    /// <summary>The folder without links in its path.</summary>
    public string Path { get; }

    /// <summary>True when it is the top of a git work tree of its own; a repository in a folder above does not count.</summary>
    public bool IsRepository { get; private set; }

    public string Url => "file://" + string.Join('/', Path.Split('/').Select(Uri.EscapeDataString));

    public static SourceFolder Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new Refusal("agent-folder-not-found", 404, $"There is no folder {folder}.", "Give the folder that holds the agent's espalier.yaml.");
        var source = new SourceFolder(Canonical(System.IO.Path.GetFullPath(folder)));
        var git = System.IO.Path.Combine(source.Path, ".git");
        var info = new FileInfo(git);
        if (info.LinkTarget is not null || info.Exists)
        {
            throw Refuse(source.Path, ".git is not a folder but points to another place (a linked work tree, a submodule)",
                "Import the main work tree, or a copy of the files without .git.");
        }

        if (Directory.Exists(git)) source.CheckRepository(git);
        else if (File.Exists(source["HEAD"]) && Directory.Exists(source["objects"]) && Directory.Exists(source["refs"]))
            throw Refuse(source.Path, "it is a bare repository", "Clone it and import the clone.");
        return source;
    }

    /// <summary>The files as they lie there, with <c>.git</c>, <c>.espalier</c>, <c>__pycache__</c> and <c>node_modules</c> left out.</summary>
    public async Task<TreeFiles> ReadFilesAsync(CancellationToken cancellationToken)
    {
        var files = new SortedDictionary<string, FileInfo>(StringComparer.Ordinal);
        var entries = 0;
        var total = 0L;
        var folders = new Stack<(DirectoryInfo Folder, string Prefix)>([(new DirectoryInfo(Path), "")]);
        while (folders.TryPop(out var folder))
        {
            foreach (var entry in List(folder.Folder))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (entry.Name.Equals(".git", StringComparison.OrdinalIgnoreCase)) continue;
                var path = folder.Prefix + entry.Name;
                if (entry.LinkTarget is not null) throw RepositoryPaths.Refuse(path, "is a symbolic link", "Put the file itself there.");
                if (entry is DirectoryInfo && SkippedFolders.Contains(entry.Name)) continue;
                if (++entries > RepositoryLimits.Entries) throw TooLarge($"more than {RepositoryLimits.Entries:N0} files and folders");
                RepositoryPaths.Check(path);
                if (entry is DirectoryInfo child)
                {
                    folders.Push((child, path + "/"));
                    continue;
                }

                var file = (FileInfo)entry;
                if (file.Length > RepositoryLimits.FileBytes)
                    throw RepositoryPaths.Refuse(path, $"has {file.Length:N0} bytes, the limit is {RepositoryLimits.FileBytes:N0}", "Keep it elsewhere.");
                if ((total += file.Length) > RepositoryLimits.TotalBytes) throw TooLarge($"more than {RepositoryLimits.TotalBytes >> 20} MiB");
                files[path] = file;
            }
        }

        RepositoryPaths.CheckTogether(files.Keys);
        var contents = new Dictionary<string, byte[]>(files.Count, StringComparer.Ordinal);
        // A pipe or a device says that it has no bytes, and opening one may wait for ever: what is empty is not opened.
        foreach (var (path, file) in files)
            contents[path] = file.Length == 0 ? [] : await ReadFileAsync(path, file, cancellationToken);
        var executable = files.Where(file => (file.Value.UnixFileMode & UnixFileMode.UserExecute) != UnixFileMode.None).Select(file => file.Key);
        return new TreeFiles(contents, executable.ToHashSet(StringComparer.Ordinal));
    }

    private static FileSystemInfo[] List(DirectoryInfo folder)
    {
        try
        {
            return folder.GetFileSystemInfos();
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw Refuse(folder.FullName, "it cannot be read", $"Check its permissions ({error.Message}).");
        }
    }

    private static async Task<byte[]> ReadFileAsync(string path, FileInfo file, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(file.FullName, cancellationToken);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw RepositoryPaths.Refuse(path, "cannot be read", $"Check its permissions ({error.Message}).");
        }
    }

    private string this[string relative] => System.IO.Path.Combine(Path, relative);

    private void CheckRepository(string git)
    {
        foreach (var part in (string[])["HEAD", "config", "objects", "refs", "packed-refs"])
            if (new FileInfo(System.IO.Path.Combine(git, part)).LinkTarget is not null)
                throw Refuse(Path, $".git/{part} is a link to another place", "Import a clone of it.");
        foreach (var part in (string[])["commondir", "objects/info/alternates", "objects/info/http-alternates"])
            if (File.Exists(System.IO.Path.Combine(git, part)))
                throw Refuse(Path, $".git/{part} borrows from another repository", "Import a full clone: git clone --no-local SOURCE COPY");
        var bytes = new DirectoryInfo(git).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Sum(file => file.Length);
        if (bytes > RepositoryLimits.PackBytes) throw TooLarge($"more than {RepositoryLimits.PackBytes >> 30} GiB of history");
        IsRepository = true;
    }

    private Refusal TooLarge(string what) => new(
        "repository-too-large", 422, $"The folder {Path} has {what}.",
        "Move data, virtual environments and build results out of it, or make it a git repository whose .gitignore leaves them out.");

    private static Refusal Refuse(string path, string why, string fix) =>
        new("agent-folder-refused", 422, $"The folder {path} cannot be imported: {why}.", fix);

    /// <summary>The path with every link on it followed.</summary>
    private static string Canonical(string path)
    {
        for (var hops = 0; hops < 40; hops++)
        {
            var changed = false;
            for (var part = path; part is not null && part.Length > 1; part = System.IO.Path.GetDirectoryName(part))
            {
                if (new DirectoryInfo(part).LinkTarget is not { } target) continue;
                var parent = System.IO.Path.GetDirectoryName(part)!;
                path = System.IO.Path.GetFullPath(System.IO.Path.Combine(parent, target) + path[part.Length..]);
                changed = true;
                break;
            }

            if (!changed) return path.Length > 1 ? path.TrimEnd('/') : path;
        }

        throw Refuse(path, "its path is a circle of links", "Give the real folder.");
    }
}
