namespace Espalier.Contracts.Datasets;

/// <summary>Makes a revision from an agent's production traces.</summary>
public sealed record BuildDatasetRequest
{
    public required string Agent { get; init; }

    /// <summary>The dataset's name; a new revision is added to it.</summary>
    public required string Dataset { get; init; }

    /// <summary>Curators that choose: <c>traffic</c>, <c>errors</c>.</summary>
    public IReadOnlyList<string> Curators { get; set; } = ["traffic", "errors"];

    /// <summary>Most cases; null takes all that qualify.</summary>
    public int? Size { get; init; }

    public DateTimeOffset? Since { get; init; }

    public long Seed { get; set; } = 1;
}
