namespace Espalier.Contracts.Datasets;

/// <summary>One immutable state of a dataset, without its cases.</summary>
public sealed record DatasetRevision
{
    public required RevisionId Id { get; init; }

    /// <summary>The dataset's name.</summary>
    public required string Dataset { get; init; }

    public required string Agent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required int Search { get; init; }

    public required int Confirm { get; init; }

    public required int Vault { get; init; }

    /// <summary>Candidate cases that were left out, by reason: <c>near-duplicate</c>, <c>no-reference</c>.</summary>
    public required IReadOnlyDictionary<string, int> LeftOut { get; init; }
}
