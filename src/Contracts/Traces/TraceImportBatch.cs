namespace Espalier.Contracts.Traces;

/// <summary>Records of files with traces, to be stored. Sending one again changes nothing.</summary>
public sealed record TraceImportBatch
{
    /// <summary><c>otlp</c>, <c>langfuse</c>, <c>tau-bench</c> or <c>jsonl</c>; null recognises each record by its content.</summary>
    public string? Format { get; init; }

    /// <summary>The agent that the traffic is of; null takes what the records say.</summary>
    public string? Agent { get; init; }

    /// <summary>When traces began whose records do not say it; null is the start of 2024, the same at every import.</summary>
    public DateTimeOffset? At { get; init; }

    public required IReadOnlyList<TraceImportRecord> Records { get; init; }
}
