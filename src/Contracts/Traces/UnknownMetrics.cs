namespace Espalier.Contracts.Traces;

/// <summary>Metrics that feedback told and that the project does not know, the most frequent first.</summary>
public sealed record UnknownMetrics
{
    public required IReadOnlyList<UnknownMetric> Items { get; init; }

    /// <summary>Metrics that are known.</summary>
    public required IReadOnlyList<string> Known { get; init; }
}
