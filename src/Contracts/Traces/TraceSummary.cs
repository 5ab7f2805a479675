using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>One trace in a list: what its spans say together, and the feedback that has arrived so far.</summary>
public sealed record TraceSummary
{
    public required TraceId TraceId { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required TimeSpan Duration { get; init; }

    public required string Agent { get; init; }

    /// <summary>Agents by their own names, when spans tell them.</summary>
    public IReadOnlyList<string>? Agents { get; init; }

    public VersionId? Version { get; init; }

    public required Purpose Purpose { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    public string? Session { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    public PromptReference? Prompt { get; init; }

    public string? Input { get; init; }

    public string? Output { get; init; }

    public string? Error { get; init; }

    /// <summary>True when it has neither an answer nor an error: it goes on, or a failure left no span.</summary>
    public bool? Incomplete { get; init; }

    /// <summary>What it cost; null when the cost of any call is unknown.</summary>
    public Usd? Cost { get; init; }

    /// <summary>Calls whose cost is unknown.</summary>
    public int UnpricedCalls { get; set; }

    public int Spans { get; set; }

    /// <summary>Calls of models as the agent made them, each once.</summary>
    public int ModelCalls { get; set; }

    /// <summary>Requests to providers that the gateway made.</summary>
    public required int Attempts { get; init; }

    /// <summary>Models that answered.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>Tools that were executed.</summary>
    public IReadOnlyList<string>? Tools { get; init; }

    public required TokenUsage Usage { get; init; }

    /// <summary>Chance that a trace like this one was kept, in (0, 1]: it stands for 1/p of them. Null: all are kept.</summary>
    public double? Probability { get; init; }

    public required IReadOnlyList<Feedback> Feedback { get; init; }
}
