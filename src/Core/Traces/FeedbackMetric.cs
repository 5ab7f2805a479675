namespace Espalier.Core.Traces;

/// <summary>A kind of feedback that the project knows, and when it says that a trace went well.</summary>
/// <param name="Name">The feedback's name.</param>
/// <param name="PassAt">From this value on it went well.</param>
/// <param name="LowerIsBetter">Below it instead: an escalation, say.</param>
public sealed record FeedbackMetric(string Name, double PassAt = 0.5, bool LowerIsBetter = false);
