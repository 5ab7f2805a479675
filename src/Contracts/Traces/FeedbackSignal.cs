namespace Espalier.Contracts.Traces;

/// <summary>A <see cref="Feedback"/> as a client sends it; a missing time means now.</summary>
public sealed record FeedbackSignal
{
    public TraceId? TraceId { get; init; }

    public SpanId? SpanId { get; init; }

    public string? Conversation { get; init; }

    public string? ResponseId { get; init; }

    public required string Name { get; init; }

    public string Source { get; set; } = "user";

    public string? Label { get; init; }

    public double? Value { get; init; }

    public string? Comment { get; init; }

    public string? Demonstration { get; init; }

    public DateTimeOffset? At { get; init; }
}
