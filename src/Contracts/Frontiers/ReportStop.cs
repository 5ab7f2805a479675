namespace Espalier.Contracts.Frontiers;

/// <summary>Why a search ended.</summary>
/// <param name="Rule">Which rule fired: <c>budget</c>, <c>stall</c>, <c>exhausted</c>, <c>stopped</c>.</param>
/// <param name="Reason">The same for people, with numbers.</param>
/// <param name="Rounds">Rounds completed.</param>
public sealed record ReportStop(string Rule, string Reason, int Rounds);
