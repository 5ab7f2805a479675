namespace Espalier.Core.Traces.Otlp;

/// <summary>What became of the items of one export request.</summary>
public record OtlpOutcome
{
    /// <summary>Spans, log records or data points that were taken; records that say nothing about an agent's work are taken and told in <see cref="IgnoredItems"/>.</summary>
    public required int AcceptedItems { get; init; }

    /// <summary>Items that could not be taken: the number for OTLP's partial success.</summary>
    public required int RejectedItems { get; init; }

    /// <summary>Accepted items of which nothing is kept: data points of metrics, log records that no convention of traces knows.</summary>
    public required int IgnoredItems { get; init; }

    /// <summary>Why items were rejected, each reason once, at most <see cref="OtlpLimits.Reasons"/> of them.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Set when the body as a whole cannot be read; nothing of it is then to be kept, and the answer is 400.</summary>
    public string? MalformedReason { get; init; }
}
