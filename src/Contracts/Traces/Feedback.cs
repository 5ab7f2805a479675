namespace Espalier.Contracts.Traces;

/// <summary>A signal about a trace, a span, a conversation or an answer that arrives later, from a person or a system.</summary>
/// <remarks>A second feedback with the same target, name and source replaces the first. It may arrive before its target. Exactly one of
/// trace, conversation and response id is told; a span goes with its trace.</remarks>
public sealed record Feedback
{
    public TraceId? TraceId { get; init; }

    /// <summary>The span that it is about; null when it is about the whole trace.</summary>
    public SpanId? SpanId { get; init; }

    public string? Conversation { get; init; }

    /// <summary>The provider's id of the answer that it is about.</summary>
    public string? ResponseId { get; init; }

    /// <summary>What is told: <c>outcome</c> (the right answer, from the system of record), <c>thumbs</c>, <c>csat</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Who told it: <c>user</c>, <c>system</c>, a reviewer's name.</summary>
    public required string Source { get; init; }

    /// <summary>A label, such as the right answer; null when the signal has none.</summary>
    public string? Label { get; init; }

    /// <summary>A number; yes is 1 and no is 0; null when the signal has none.</summary>
    public double? Value { get; init; }

    public string? Comment { get; init; }

    /// <summary>A corrected answer: what the agent should have said.</summary>
    public string? Demonstration { get; init; }

    /// <summary>True when its name is none of the project's metrics: kept, shown apart, and counted nowhere until the metric is made known.</summary>
    public bool? Quarantined { get; init; }

    public required DateTimeOffset At { get; init; }
}
