using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>Reads and judges the files of a tree, level by level, in one conversation with git.</summary>
internal static class TreeReader
{
    private const string FolderMode = "40000";
    private const string FileMode = "100644";
    private const string GroupWritableMode = "100664";
    private const string ExecutableMode = "100755";
    private const string LinkMode = "120000";
    private const string SubmoduleMode = "160000";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static async Task<TreeFiles> ReadAsync(ObjectReader reader, TreeId tree)
    {
        var files = await ListAsync(reader, tree);
        RepositoryPaths.CheckTogether(files.Select(file => file.Path));
        var contents = await ReadContentsAsync(reader, files);
        return new TreeFiles(
            files.ToDictionary(file => file.Path, file => contents[file.Id], StringComparer.Ordinal),
            files.Where(file => file.Executable).Select(file => file.Path).ToHashSet(StringComparer.Ordinal));
    }

    private static async Task<List<Entry>> ListAsync(ObjectReader reader, TreeId tree)
    {
        var files = new List<Entry>();
        var level = new List<(string Prefix, string Id)> { ("", tree.Value) };
        var entries = 0;
        while (level.Count > 0)
        {
            var next = new List<(string, string)>();
            var asking = reader.AskAsync(level.Select(folder => folder.Id));
            foreach (var (prefix, id) in level)
            {
                var content = (await reader.NextAsync())?.Content ?? throw new InvalidDataException($"Tree {id} is missing from the repository.");
                foreach (var (mode, path, child) in Parse(prefix, content))
                {
                    if (++entries > RepositoryLimits.Entries) throw TooLarge($"more than {RepositoryLimits.Entries:N0} files and folders");
                    RepositoryPaths.Check(path);
                    if (mode == FolderMode) next.Add((path + "/", child));
                    else files.Add(ToFile(mode, path, child));
                }
            }

            await asking;
            level = next;
        }

        return files;
    }

    private static async Task<Dictionary<string, byte[]>> ReadContentsAsync(ObjectReader reader, List<Entry> files)
    {
        var paths = files.DistinctBy(file => file.Id).ToDictionary(file => file.Id, file => file.Path);
        var copies = files.CountBy(file => file.Id).ToDictionary();
        var contents = new Dictionary<string, byte[]>(paths.Count);
        var total = 0L;
        var asking = reader.AskAsync(paths.Keys);
        for (var i = 0; i < paths.Count; i++)
        {
            var file = await reader.NextAsync((id, _, size) =>
            {
                if (size > RepositoryLimits.FileBytes)
                    throw RepositoryPaths.Refuse(paths[id], $"has {size:N0} bytes, the limit is {RepositoryLimits.FileBytes:N0}", "Keep it elsewhere.");
                total += size * copies[id];
                if (total > RepositoryLimits.TotalBytes) throw TooLarge($"more than {RepositoryLimits.TotalBytes >> 20} MiB");
            }) ?? throw new InvalidDataException("A file's content is missing from the repository.");
            contents[file.Id] = file.Content;
        }

        await asking;
        return contents;
    }

    private static Entry ToFile(string mode, string path, string id) => mode switch
    {
        FileMode or GroupWritableMode => new Entry(path, id, Executable: false),
        ExecutableMode => new Entry(path, id, Executable: true),
        LinkMode => throw RepositoryPaths.Refuse(path, "is a symbolic link", "Put the file itself there and commit it."),
        SubmoduleMode => throw RepositoryPaths.Refuse(path, "is a submodule", "Put its files into the repository itself, or remove it."),
        _ => throw RepositoryPaths.Refuse(path, $"has the mode {mode}", "Make it an ordinary file."),
    };

    /// <summary>A tree object: <c>mode name NUL id</c>, one after the other.</summary>
    private static IEnumerable<(string Mode, string Path, string Id)> Parse(string prefix, byte[] content)
    {
        for (var at = 0; at < content.Length;)
        {
            var blank = Array.IndexOf(content, (byte)' ', at);
            var end = Array.IndexOf(content, (byte)0, at);
            if (blank < 0 || end < blank || end + 21 > content.Length)
                throw new InvalidDataException("A tree object is malformed.");
            var mode = Encoding.ASCII.GetString(content, at, blank - at);
            yield return (mode, prefix + Name(prefix, content.AsSpan(blank + 1, end - blank - 1)), Convert.ToHexStringLower(content, end + 1, 20));
            at = end + 21;
        }
    }

    private static string Name(string prefix, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw RepositoryPaths.Refuse(prefix + Encoding.UTF8.GetString(bytes), "is not UTF-8", "Rename it.");
        }
    }

    private static Refusal TooLarge(string what) => new(
        "repository-too-large", 422, $"The agent's repository has {what}.",
        "Keep data, virtual environments and build results out of it; a .gitignore and a commit do that.");

    private sealed record Entry(string Path, string Id, bool Executable);
}
