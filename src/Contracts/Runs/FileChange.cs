namespace Espalier.Contracts.Runs;

/// <summary>One file that a run added, changed, deleted, or made a link.</summary>
public sealed record FileChange
{
    public required string Path { get; init; }

    public required FileChangeKind Kind { get; init; }

    /// <summary>Bytes of the new content.</summary>
    public long Size { get; init; }

    /// <summary>SHA-256 of the new content, lower-case hex; null when deleted.</summary>
    public string? Blob { get; init; }

    public bool Executable { get; init; }
}
