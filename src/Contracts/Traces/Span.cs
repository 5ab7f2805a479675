using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>One timed operation of a trace in canonical form, whatever dialect it came in.</summary>
/// <remarks>
/// Usage and cost stand where the sender put them, wrapping spans included; what a trace used and cost is <see cref="TraceFacts"/>, which
/// counts nothing twice. Missing is null, never zero.
/// </remarks>
public sealed record Span
{
    public required TraceId TraceId { get; init; }

    public required SpanId SpanId { get; init; }

    public SpanId? ParentId { get; init; }

    public required SpanKind Kind { get; init; }

    /// <summary>Name of the operation as its sender gave it: <c>agent.run</c>, <c>chat gpt-5</c>, <c>attempt</c>.</summary>
    public required string Name { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>Null when it ended well; else what went wrong, in words.</summary>
    public string? Error { get; init; }

    /// <summary>The agent that the traffic is of: <c>espalier.agent</c>, else the service's name, else the agent's own name for itself.</summary>
    public required string Agent { get; init; }

    /// <summary>A commit of an agent that lives here, else the version by the sender's own word.</summary>
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

    /// <summary>The request's text (agent, chain), canonical messages as JSON (model), arguments as JSON (tool), the query (retrieval).</summary>
    /// <remarks>Canonical messages: <c>[{"role","parts":[{"type","content"|...}]}]</c>, the form of OpenTelemetry's generative conventions
    /// since 1.37; spans of the gateway hold the messages as the agent sent them.</remarks>
    public string? Input { get; init; }

    /// <summary>The answer's text (agent, model), the result (tool): JSON where it was JSON.</summary>
    public string? Output { get; init; }

    /// <summary><c>service.name</c> of the sender.</summary>
    public string? Service { get; init; }

    /// <summary><c>deployment.environment.name</c> of the sender: <c>production</c>, <c>staging</c>.</summary>
    public string? Environment { get; init; }

    /// <summary>What only some kinds of spans have; null when there is none of it.</summary>
    public SpanDetails? Details { get; init; }

    /// <summary>Everything else that came, unknown keys included.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; set; } = new Dictionary<string, string>();
}
