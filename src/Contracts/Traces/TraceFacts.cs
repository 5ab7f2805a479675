using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>What one trace says, read off all of its spans: the same whatever order they came in and however often.</summary>
public sealed record TraceFacts
{
    public required TraceId TraceId { get; init; }

    /// <summary>The span that stands for the trace: the agent span without a parent, else the first agent span, else the first span.</summary>
    public required SpanId Root { get; init; }

    /// <summary>Earliest start of any span.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>The root's when it is an agent span; else from the first start to the last end.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Spans, log records that belong to one not counted.</summary>
    public required int Spans { get; init; }

    public required string Agent { get; init; }

    /// <summary>Agents by their own names, in the order of their first spans.</summary>
    public required IReadOnlyList<NamedAgent> Agents { get; init; }

    public VersionId? Version { get; init; }

    public required Purpose Purpose { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    public string? Session { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    public PromptReference? Prompt { get; init; }

    /// <summary>Each call of a chat model once, by start. Calls of embedding models are apart.</summary>
    public required IReadOnlyList<ModelCall> ModelCalls { get; init; }

    public required IReadOnlyList<ModelCall> EmbeddingCalls { get; init; }

    /// <summary>Requests to providers that the gateway made.</summary>
    public required int Attempts { get; init; }

    /// <summary>Sum over what counts, embeddings included. A count that no span reports is null.</summary>
    public required TokenUsage Usage { get; init; }

    /// <summary>False when some call reports no usage, so that the sum is too low.</summary>
    public required bool IsUsageComplete { get; init; }

    /// <summary>Sum of the known costs of what counts; null when no cost is known.</summary>
    public Usd? KnownCost { get; init; }

    /// <summary>Calls whose cost is unknown: the sum is then too low.</summary>
    public required int UnpricedCalls { get; init; }

    /// <summary>Executions of tools, by start; a request in a later prompt's history is none.</summary>
    public required IReadOnlyList<ToolCall> ToolCalls { get; init; }

    public required IReadOnlyList<Retrieval> Retrievals { get; init; }

    public required IReadOnlyList<Handoff> Handoffs { get; init; }

    /// <summary>Guardrail spans, by start.</summary>
    public required IReadOnlyList<SpanId> Guardrails { get; init; }

    /// <summary>The request; null when no span tells it.</summary>
    public string? Input { get; init; }

    /// <summary>The answer that the user got; null when no span tells it.</summary>
    public string? Output { get; init; }

    /// <summary>The root's error, else that of the last span that failed with nothing after it to heal it; null when the trace ended well.</summary>
    public string? Error { get; init; }

    /// <summary>Spans that ended in error, by start.</summary>
    public required IReadOnlyList<SpanId> ErrorSpans { get; init; }

    /// <summary>True when the trace has neither an answer nor an error: a failure may have left no span.</summary>
    public required bool IsIncomplete { get; init; }

    /// <summary>What its spans say differently of the whole: two users, two conversations. In words.</summary>
    public required IReadOnlyList<string> Conflicts { get; init; }
}
