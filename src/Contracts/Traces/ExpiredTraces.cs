namespace Espalier.Contracts.Traces;

/// <summary>What was given up because of its age.</summary>
/// <param name="Before">Everything that began before this day is gone.</param>
/// <param name="Days">Days that were dropped.</param>
/// <param name="Spans">Spans that were dropped with them.</param>
public sealed record ExpiredTraces(DateOnly Before, int Days, long Spans);
