using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>One request to a model, whichever spans tell of it.</summary>
public sealed record ModelCall
{
    /// <summary>The innermost span of the call.</summary>
    public required SpanId SpanId { get; init; }

    /// <summary>All spans that tell of this one call, the innermost first.</summary>
    public required IReadOnlyList<SpanId> SameCall { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required TimeSpan Duration { get; init; }

    public string? Operation { get; init; }

    public bool? Streaming { get; init; }

    public TimeSpan? TimeToFirstToken { get; init; }

    public string? Provider { get; init; }

    public string? ModelRequested { get; init; }

    /// <summary>The model that answered.</summary>
    public string? Model { get; init; }

    public string? ResponseId { get; init; }

    /// <summary>Null when none is reported for this call.</summary>
    public TokenUsage? Usage { get; init; }

    public Usd? Cost { get; init; }

    public string? CostReason { get; init; }

    public string? Input { get; init; }

    public string? Output { get; init; }

    public string? Thinking { get; init; }

    public IReadOnlyList<RequestedTool>? RequestedTools { get; init; }

    public IReadOnlyList<string>? FinishReasons { get; init; }

    public string? Error { get; init; }

    public int? HttpStatus { get; init; }
}
