namespace Espalier.Contracts.Traces;

/// <summary>Feedback to store; idempotent by target, name and source.</summary>
public sealed record FeedbackBatch
{
    public required IReadOnlyList<FeedbackSignal> Items { get; init; }
}
