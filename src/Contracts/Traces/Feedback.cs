namespace Espalier.Contracts.Traces;

/// <summary>A signal about a trace that arrives later, from a person or a system.</summary>
/// <remarks>A second feedback with the same trace, name and source replaces the first. It may arrive before its trace.</remarks>
public sealed record Feedback
{
    public required TraceId TraceId { get; init; }

    /// <summary>What is told: <c>outcome</c> (the right answer, from the system of record), <c>thumbs</c>, <c>csat</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Who told it: <c>user</c>, <c>system</c>, a reviewer's name.</summary>
    public required string Source { get; init; }

    /// <summary>A label, such as the right answer; null when the signal is a number.</summary>
    public string? Label { get; init; }

    /// <summary>A number; yes is 1 and no is 0; null when the signal is a label.</summary>
    public double? Value { get; init; }

    public string? Comment { get; init; }

    public required DateTimeOffset At { get; init; }
}
