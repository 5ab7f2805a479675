namespace Espalier.Contracts.Runs;

/// <summary>What a run did to its workspace.</summary>
public sealed record WorkspaceChanges
{
    /// <summary>As a unified patch, for reading; cut at 256 KiB. Binary files are named only.</summary>
    public required string Patch { get; init; }

    /// <summary>In order of their paths.</summary>
    public required IReadOnlyList<FileChange> Files { get; init; }
}
