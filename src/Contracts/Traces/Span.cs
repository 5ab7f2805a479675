using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>One timed operation of a trace in canonical form, whatever dialect it came in.</summary>
/// <remarks>Only <see cref="SpanKind.Attempt"/> spans carry usage and cost, so a sum over a trace counts nothing twice. Missing is null.</remarks>
public sealed record Span
{
    public required TraceId TraceId { get; init; }

    public required SpanId SpanId { get; init; }

    public SpanId? ParentId { get; init; }

    public required SpanKind Kind { get; init; }

    /// <summary>Past-free name of the operation: <c>agent.run</c>, <c>chat</c>, <c>attempt</c>.</summary>
    public required string Name { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>Null when it ended well; else what went wrong, in words.</summary>
    public string? Error { get; init; }

    public required string Agent { get; init; }

    public VersionId? Version { get; init; }

    /// <summary>Production traffic or an evaluation run.</summary>
    public required Purpose Purpose { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    /// <summary>The search session that asked for the run, null for production traffic.</summary>
    public string? Session { get; init; }

    public CaseId? Case { get; init; }

    /// <summary>Attempts only: why it was made.</summary>
    public AttemptRole? Role { get; init; }

    public string? Provider { get; init; }

    /// <summary>The model that the agent asked for: a slot or a model name.</summary>
    public string? ModelRequested { get; init; }

    /// <summary>The model that answered.</summary>
    public string? Model { get; init; }

    public TokenUsage? Usage { get; init; }

    /// <summary>Null when unknown; <see cref="CostReason"/> then says why.</summary>
    public Usd? Cost { get; init; }

    public string? CostReason { get; init; }

    /// <summary>Version of the price table that <see cref="Cost"/> was computed from; null when not computed.</summary>
    public string? PriceTable { get; init; }

    /// <summary>Mean probability of the answer's tokens in (0, 1]; null when the provider gives none.</summary>
    public double? Confidence { get; init; }

    /// <summary>The request's text (agent spans) or messages as JSON (model spans).</summary>
    public string? Input { get; init; }

    public string? Output { get; init; }

    /// <summary>Everything else that came, unknown keys included.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; set; } = new Dictionary<string, string>();
}

/// <summary>Agent: one request served. Model: one call as the agent made it. Attempt: one request to a provider. Tool: one tool call.</summary>
public enum SpanKind
{
    Agent,
    Model,
    Attempt,
    Tool,
}

public enum Purpose
{
    Production,
    Evaluation,
}

/// <summary>Why an attempt was made. Cascade: a cheaper model was not sure enough.</summary>
public enum AttemptRole
{
    Primary,
    Retry,
    Fallback,
    Cascade,
    Judge,
}
