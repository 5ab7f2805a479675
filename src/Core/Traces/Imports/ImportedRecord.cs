using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Imports;

/// <summary>What one record gave.</summary>
/// <param name="Problem">What of the record could not be taken, in words; null when all of it was.</param>
public sealed record ImportedRecord(IReadOnlyList<Span> Spans, IReadOnlyList<Feedback> Feedback, string? Problem = null);
