namespace Espalier.Contracts.Datasets;

/// <summary>The files that an agent works on; what it makes of them is an output of the run.</summary>
public sealed record CaseWorkspace
{
    /// <summary>Absolute path in the sandbox, such as <c>/app</c>; null lays the files over the agent's own.</summary>
    public string? Path { get; init; }

    public required IReadOnlyList<CaseFile> Files { get; init; }
}
