namespace Espalier.Contracts.Datasets;

/// <summary>Tests that decide about an agent's changes. The agent never sees them.</summary>
public sealed record CaseTests
{
    /// <summary>Laid over the workspace after the agent has ended.</summary>
    public required IReadOnlyList<CaseFile> Files { get; init; }

    /// <summary>A shell command in the workspace: 0 passes, 1 fails, anything else says nothing. Null runs the Python tests among the files.</summary>
    public string? Command { get; init; }

    /// <summary>Patterns of more files that always are the untouched workspace's, beside those that hold tests or steer how they are run.</summary>
    public IReadOnlyList<string> Protected { get; set; } = [];

    /// <summary>What the changes would be that solve it; null when nobody told. For checking a case, never shown to an agent.</summary>
    public IReadOnlyList<CaseFile>? Solution { get; init; }
}
