namespace Espalier.Contracts.Traces;

/// <summary>A record that was not stored, or not whole.</summary>
/// <param name="Line">Where it begins in its file.</param>
/// <param name="Reason">What was wrong with it, in words.</param>
public sealed record RejectedTraceRecord(long Line, string Reason);
