namespace Espalier.Contracts.Traces;

/// <summary>All spans of one trace id, by start, with its feedback.</summary>
public sealed record Trace
{
    public required TraceSummary Summary { get; init; }

    public required IReadOnlyList<Span> Spans { get; init; }
}
