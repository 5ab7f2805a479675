namespace Espalier.Contracts.Traces;

/// <summary>Whose traces to delete for good. Exactly one is told.</summary>
public sealed record DeleteTracesRequest
{
    public string? User { get; init; }

    public string? Conversation { get; init; }

    public TraceId? TraceId { get; init; }
}
