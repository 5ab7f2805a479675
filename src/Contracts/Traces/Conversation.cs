namespace Espalier.Contracts.Traces;

/// <summary>The traces that share a conversation id: one end user's exchange, turn by turn.</summary>
public sealed record Conversation
{
    public required string Id { get; init; }

    public string? User { get; init; }

    /// <summary>Oldest first; at most 1,000.</summary>
    public required IReadOnlyList<TraceSummary> Traces { get; init; }

    public required TraceTotals Totals { get; init; }

    /// <summary>What was said about the conversation as a whole.</summary>
    public required IReadOnlyList<Feedback> Feedback { get; init; }
}
