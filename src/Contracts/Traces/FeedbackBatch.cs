namespace Espalier.Contracts.Traces;

/// <summary>Feedback to store; idempotent by trace, name and source.</summary>
public sealed record FeedbackBatch
{
    public required IReadOnlyList<FeedbackSignal> Items { get; init; }
}

/// <summary>A <see cref="Feedback"/> as a client sends it; a missing time means now.</summary>
public sealed record FeedbackSignal
{
    public required TraceId TraceId { get; init; }

    public required string Name { get; init; }

    public string Source { get; set; } = "user";

    public string? Label { get; init; }

    public double? Value { get; init; }

    public string? Comment { get; init; }

    public DateTimeOffset? At { get; init; }
}

/// <summary>How many items were stored.</summary>
public sealed record FeedbackReceipt(int Accepted);
