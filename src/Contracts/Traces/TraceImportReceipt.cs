namespace Espalier.Contracts.Traces;

/// <summary>What became of imported records. What was accepted is stored.</summary>
public sealed record TraceImportReceipt
{
    /// <summary>Records that were stored, by their format.</summary>
    public required IReadOnlyDictionary<string, int> Accepted { get; init; }

    /// <summary>The traces that they tell of, each once; a trace may be told of by records of several batches.</summary>
    public required IReadOnlyList<TraceId> Traces { get; init; }

    public required int Spans { get; init; }

    public required int Feedback { get; init; }

    public required IReadOnlyList<RejectedTraceRecord> Rejected { get; init; }
}
