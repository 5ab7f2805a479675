namespace Espalier.Contracts.Traces;

/// <summary>One trace: its line in lists, what it says as a whole, and its spans by start.</summary>
public sealed record Trace
{
    public required TraceSummary Summary { get; init; }

    public required TraceFacts Facts { get; init; }

    public required IReadOnlyList<Span> Spans { get; init; }
}
