namespace Espalier.Contracts.Traces;

/// <summary>A document that a retrieval found, in its order.</summary>
public sealed record RetrievedDocument
{
    public string? Id { get; init; }

    public double? Score { get; init; }

    public string? Content { get; init; }
}
