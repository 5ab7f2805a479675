using Espalier.Contracts.Datasets;

namespace Espalier.Contracts.Frontiers;

/// <summary>What a session was measured with: a revision and its cases by split.</summary>
public sealed record ReportDataset
{
    public required string Name { get; init; }

    public required RevisionId Revision { get; init; }

    public required int Search { get; init; }

    public required int Confirm { get; init; }

    public required int Vault { get; init; }
}
