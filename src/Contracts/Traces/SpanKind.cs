namespace Espalier.Contracts.Traces;

/// <summary>What a span is of.</summary>
public enum SpanKind
{
    /// <summary>One request served by an agent, or by an agent that it called.</summary>
    Agent,

    /// <summary>One call of a chat or completion model, as the agent made it.</summary>
    Model,

    /// <summary>One request of the gateway to a provider, on behalf of a model call.</summary>
    Attempt,

    /// <summary>One execution of a tool.</summary>
    Tool,

    /// <summary>A search for documents.</summary>
    Retrieval,

    Rerank,

    /// <summary>One call of an embedding model.</summary>
    Embedding,

    Guardrail,

    /// <summary>A judgement of an answer, made by the sender.</summary>
    Evaluator,

    Memory,

    /// <summary>An agent gives the request to another one.</summary>
    Handoff,

    /// <summary>A step that groups others.</summary>
    Chain,

    /// <summary>The making of a prompt from a template.</summary>
    Prompt,

    /// <summary>Several model calls as one span, whose usage is their sum: the steps of a tool loop.</summary>
    ModelAggregate,

    /// <summary>A piece of a streamed answer.</summary>
    Chunk,

    /// <summary>A log record that belongs to its parent span, such as a message that a convention sends apart.</summary>
    Event,

    Other,
}
