namespace Espalier.Contracts.Traces;

/// <summary>Feedback whose metric the project does not know: kept, but counted nowhere until the metric is made known.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Count">Signals of it.</param>
/// <param name="Latest">When the last one was told.</param>
public sealed record UnknownMetric(string Name, long Count, DateTimeOffset Latest);
