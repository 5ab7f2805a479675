namespace Espalier.Contracts.Traces;

/// <summary>One search for documents.</summary>
public sealed record Retrieval
{
    public required SpanId SpanId { get; init; }

    public string? Query { get; init; }

    public required IReadOnlyList<RetrievedDocument> Documents { get; init; }
}
