namespace Espalier.Contracts.Shared;

/// <summary>What a running server uses and what it has taken, since it started. Differences between two readings tell about the time between.</summary>
public sealed record ServerDiagnostics
{
    public required ProcessUse Process { get; init; }

    public required IngestCounts Ingest { get; init; }

    public required GatewayDiagnostics Gateway { get; init; }

    /// <summary>Process of the embedded trace store; null while none runs, or when a server elsewhere is used.</summary>
    public int? TraceStoreProcessId { get; init; }
}

/// <summary>What the server's own process has used; that of the trace store is not in it.</summary>
public sealed record ProcessUse
{
    public required int ProcessId { get; init; }

    public required double UptimeSeconds { get; init; }

    /// <summary>Processor time of all threads, user and system.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>Bytes of all managed objects that were ever made.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Bytes of managed objects that were there after the last collection.</summary>
    public required long HeapBytes { get; init; }

    public required long WorkingSetBytes { get; init; }

    /// <summary>Time for which all threads stood still for the garbage collector.</summary>
    public required double PauseSeconds { get; init; }
}

/// <summary>Telemetry of OpenTelemetry clients.</summary>
public sealed record IngestCounts
{
    public required long Spans { get; init; }

    public required long LogRecords { get; init; }

    /// <summary>Of metrics: counted, not kept.</summary>
    public required long DataPoints { get; init; }

    /// <summary>Spans, log records and data points that will never be taken; their senders were told.</summary>
    public required long Rejected { get; init; }

    /// <summary>Exports that were refused whole: malformed, too large, or to be sent again later.</summary>
    public required long RefusedExports { get; init; }

    /// <summary>Exports that are being stored now.</summary>
    public required int InWork { get; init; }

    /// <summary>Exports that wait to be stored now.</summary>
    public required int Waiting { get; init; }
}
