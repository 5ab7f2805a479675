using System.Text;
using Espalier.Contracts.Datasets;
using Espalier.Core.Shared;

namespace Espalier.Core.Datasets;

/// <summary>Brings the files of imported cases in: paths that stay inside, contents within limits, each content kept once.</summary>
public sealed class CaseFiles(IBlobStore blobs)
{
    public const int MostFiles = 5_000;
    public const int MostFileBytes = 4 << 20;
    public const long MostBytes = 32L << 20;

    public async Task<(CaseWorkspace Workspace, CaseTests? Tests)> SaveAsync(ImportedWorkspace imported, CancellationToken cancellationToken)
    {
        if (imported.Path is { } path && !WorkspacePlace.IsPath(path))
            throw Bad($"The workspace's path is '{path}'.", "Use an absolute path outside of the system's folders, such as /app.");
        var workspace = new CaseWorkspace { Path = imported.Path, Files = await SaveAsync(imported.Files, cancellationToken) };
        if (imported.Tests.Count == 0 && imported.Command is null) return (workspace, null);
        var tests = new CaseTests
        {
            Files = await SaveAsync(imported.Tests, cancellationToken),
            Command = imported.Command,
            Protected = imported.Protected,
            Solution = imported.Solution is { } solution ? await SaveAsync(solution, cancellationToken) : null,
        };
        return (workspace, tests);
    }

    /// <summary>True for a relative path whose every name is a plain one: no <c>..</c>, nothing of git's own, no character that a patch or a shell trips over.</summary>
    public static bool IsInside(string path) =>
        path.Length is > 0 and <= 500
        && path.Split('/').All(name => name.Length is > 0 and <= 255 && name is not ("." or ".." or ".git") && name.All(letter => letter >= ' ' && letter != '\u007f' && letter != '\\'));

    private async Task<IReadOnlyList<CaseFile>> SaveAsync(IReadOnlyList<ImportedFile> files, CancellationToken cancellationToken)
    {
        if (files.Count > MostFiles) throw Bad($"A case brings {files.Count} files.", $"At most {MostFiles} are taken.");
        var saved = new SortedDictionary<string, CaseFile>(StringComparer.Ordinal);
        long total = 0;
        foreach (var file in files)
        {
            if (!IsInside(file.Path)) throw Bad($"A case brings the file '{file.Path}'.", "Paths are relative to the workspace, without '..' and outside of .git.");
            var content = Content(file);
            total += content.Length;
            if (content.Length > MostFileBytes || total > MostBytes)
                throw Bad($"The file '{file.Path}' is too much: {content.Length} bytes, {total} in all.", $"A file may have {MostFileBytes >> 20} MiB, a case {MostBytes >> 20} MiB.");
            var made = new CaseFile { Path = file.Path, Blob = await blobs.SaveAsync(content, cancellationToken), Size = content.Length, Executable = file.Executable };
            if (!saved.TryAdd(file.Path, made)) throw Bad($"A case brings '{file.Path}' twice.", "Bring each file once.");
        }

        foreach (var path in saved.Keys)
        {
            for (var at = path.LastIndexOf('/'); at > 0; at = path.LastIndexOf('/', at - 1))
                if (saved.ContainsKey(path[..at])) throw Bad($"A case brings '{path[..at]}' as a file and as a folder.", "Bring it as one of both.");
        }

        return [.. saved.Values];
    }

    private static byte[] Content(ImportedFile file)
    {
        if (file.Text is { } text && file.Base64 is null) return Encoding.UTF8.GetBytes(text);
        if (file.Base64 is { } base64 && file.Text is null)
        {
            var bytes = new byte[base64.Length];
            if (Convert.TryFromBase64String(base64, bytes, out var length)) return bytes[..length];
        }

        throw Bad($"The file '{file.Path}' has no content that can be read.", "Give it as 'text', or as 'base64'; one of both.");
    }

    private static Refusal Bad(string what, string fix) => new("case-files-not-valid", 422, what, fix);
}
