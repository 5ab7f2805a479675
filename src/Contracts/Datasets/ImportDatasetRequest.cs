namespace Espalier.Contracts.Datasets;

/// <summary>Makes a revision from cases that a team already has.</summary>
public sealed record ImportDatasetRequest
{
    public required string Agent { get; init; }

    public required string Dataset { get; init; }

    public required IReadOnlyList<ImportedCase> Cases { get; init; }

    public long Seed { get; set; } = 1;
}

/// <summary>One case as a client has it; a missing group makes the case its own group.</summary>
public sealed record ImportedCase
{
    public required string Input { get; init; }

    public string? Reference { get; init; }

    public string? Group { get; init; }

    public ImportedWorkspace? Workspace { get; init; }
}
