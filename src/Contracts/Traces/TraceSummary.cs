using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>One trace in a list: its root, its totals over attempts, and the feedback that has arrived so far.</summary>
public sealed record TraceSummary
{
    public required TraceId TraceId { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required TimeSpan Duration { get; init; }

    public required string Agent { get; init; }

    public VersionId? Version { get; init; }

    public required Purpose Purpose { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    public string? Input { get; init; }

    public string? Output { get; init; }

    public string? Error { get; init; }

    /// <summary>Sum over attempts; null when any attempt's cost is unknown.</summary>
    public Usd? Cost { get; init; }

    public required int Attempts { get; init; }

    public required TokenUsage Usage { get; init; }

    public required IReadOnlyList<Feedback> Feedback { get; init; }
}
