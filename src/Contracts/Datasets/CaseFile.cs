namespace Espalier.Contracts.Datasets;

/// <summary>A file of a case. Its bytes are a blob, kept once whatever number of cases hold it.</summary>
public sealed record CaseFile
{
    /// <summary>Relative to the workspace, names divided by <c>/</c>.</summary>
    public required string Path { get; init; }

    /// <summary>SHA-256 of the content, lower-case hex.</summary>
    public required string Blob { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    public bool Executable { get; init; }
}
