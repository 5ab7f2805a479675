namespace Espalier.Contracts.Datasets;

/// <summary>The files of a case, the tests that decide about it, and the files of a solution.</summary>
public sealed record ImportedWorkspace
{
    /// <summary>Absolute path in the sandbox, such as <c>/app</c>; null lays the files over the agent's own.</summary>
    public string? Path { get; init; }

    public IReadOnlyList<ImportedFile> Files { get; set; } = [];

    /// <summary>None: the contract's judge decides.</summary>
    public IReadOnlyList<ImportedFile> Tests { get; set; } = [];

    /// <summary>A shell command in the workspace; null runs the Python tests among <see cref="Tests"/>.</summary>
    public string? Command { get; init; }

    /// <summary>Patterns of more files that always are the untouched workspace's.</summary>
    public IReadOnlyList<string> Protected { get; set; } = [];

    public IReadOnlyList<ImportedFile>? Solution { get; init; }
}
