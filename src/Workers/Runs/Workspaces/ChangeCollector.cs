using System.Security.Cryptography;
using Espalier.Contracts.Runs;
using Espalier.Core.Datasets;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs.Workspaces;

/// <summary>Finds what a run changed: takes the files that it left, one after the other, and compares them with those that it was given.</summary>
/// <remarks>Everything that comes is the run's word, so paths are checked and sizes limited. Caches of interpreters are no changes.</remarks>
internal sealed class ChangeCollector(IBlobStore blobs, IReadOnlyDictionary<string, string> before)
{
    public const int MostChanges = 1_000;
    public const int MostFileBytes = 4 << 20;
    public const long MostBytes = 32L << 20;

    private readonly SortedDictionary<string, FileChange> _changes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private long _total;

    /// <summary>Why the changes cannot be taken; null while they can.</summary>
    public string? TooMuch { get; private set; }

    public async Task TakeAsync(WorkFile file, Stream content, CancellationToken cancellationToken)
    {
        if (!CaseFiles.IsInside(file.Path) || file.Path.Split('/').Contains("__pycache__")) return;
        _seen.Add(file.Path);
        var known = before.GetValueOrDefault(file.Path);
        if (file.Size > MostFileBytes)
        {
            TooMuch ??= $"the file {file.Path} has {file.Size} bytes, and {MostFileBytes} are taken";
            return;
        }

        var bytes = new byte[file.Size];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        if (file.Kind != WorkFileKind.Link && known == Convert.ToHexStringLower(SHA256.HashData(bytes))) return;
        _total += bytes.Length;
        if (_changes.Count == MostChanges || _total > MostBytes) TooMuch ??= $"it changed more than {MostChanges} files or {MostBytes >> 20} MiB";
        if (TooMuch is not null) return;
        _changes[file.Path] = new FileChange
        {
            Path = file.Path,
            Kind = file.Kind == WorkFileKind.Link ? FileChangeKind.Link : known is null ? FileChangeKind.Added : FileChangeKind.Modified,
            Size = bytes.Length,
            Blob = await blobs.SaveAsync(bytes, cancellationToken),
            Executable = file.Kind == WorkFileKind.Executable,
        };
    }

    public async Task<WorkspaceChanges> FinishAsync(CancellationToken cancellationToken)
    {
        foreach (var gone in before.Keys.Where(path => !_seen.Contains(path))) _changes[gone] = new FileChange { Path = gone, Kind = FileChangeKind.Deleted };
        var patch = new PatchText();
        foreach (var change in _changes.Values)
        {
            var old = before.TryGetValue(change.Path, out var hash) ? await blobs.FindAsync(hash, cancellationToken) : null;
            patch.Add(change, old, change.Blob is { } blob ? await blobs.FindAsync(blob, cancellationToken) : null);
        }

        return new WorkspaceChanges { Patch = patch.ToString(), Files = [.. _changes.Values] };
    }
}
