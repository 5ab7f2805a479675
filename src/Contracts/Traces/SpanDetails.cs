namespace Espalier.Contracts.Traces;

/// <summary>What only some kinds of spans have, and what is seldom asked for. Missing is null.</summary>
public sealed record SpanDetails
{
    /// <summary>The sender's word for the operation: <c>chat</c>, <c>embeddings</c>, <c>invoke_agent</c>.</summary>
    public string? Operation { get; init; }

    /// <summary>Conventions that the span speaks, by the names of their dialects.</summary>
    public IReadOnlyList<string>? Dialects { get; init; }

    /// <summary>The agent's own name for itself; a trace may have several.</summary>
    public string? AgentName { get; init; }

    public string? AgentVersion { get; init; }

    /// <summary>The provider's id of the answer: feedback may refer to it.</summary>
    public string? ResponseId { get; init; }

    public IReadOnlyList<string>? FinishReasons { get; init; }

    public bool? Streaming { get; init; }

    /// <summary>From the request to the first token of a streamed answer.</summary>
    public TimeSpan? TimeToFirstToken { get; init; }

    /// <summary>What the model thought aloud, as far as it was told.</summary>
    public string? Thinking { get; init; }

    /// <summary>Tools that the model asked for; an empty list when it is known that it asked for none.</summary>
    public IReadOnlyList<RequestedTool>? RequestedTools { get; init; }

    /// <summary>Tools that the model was offered, JSON as sent.</summary>
    public string? ToolDefinitions { get; init; }

    /// <summary>True when usage was not measured by the provider.</summary>
    public bool? UsageEstimated { get; init; }

    /// <summary>Tool spans: which tool was executed.</summary>
    public string? Tool { get; init; }

    /// <summary>Tool spans: the request of the model that this execution answers.</summary>
    public string? ToolCallId { get; init; }

    public IReadOnlyList<RetrievedDocument>? Documents { get; init; }

    public PromptReference? Prompt { get; init; }

    public Handoff? Handoff { get; init; }

    /// <summary>Guardrail spans: true when it found something; null when the sender does not say.</summary>
    public bool? GuardrailTriggered { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>HTTP status of a failed call, where it was told.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>What was odd about the span as it came: cut JSON, two values for one thing. In words, for whoever looks at it.</summary>
    public IReadOnlyList<string>? Oddities { get; init; }
}
