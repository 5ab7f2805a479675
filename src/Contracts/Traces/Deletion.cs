namespace Espalier.Contracts.Traces;

/// <summary>A deletion that was asked for, and how far it is.</summary>
public sealed record Deletion
{
    public required string Id { get; init; }

    public required DeleteTracesRequest Asked { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>When the last byte of it was gone from the tables; null while it goes on.</summary>
    public DateTimeOffset? DoneAt { get; init; }

    public long? Traces { get; init; }

    public long? Spans { get; init; }

    public long? Feedback { get; init; }

    /// <summary>Why it is not done yet, when a try failed; it is tried again.</summary>
    public string? Problem { get; init; }
}
