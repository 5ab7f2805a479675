using Espalier.Contracts.Traces;

namespace Espalier.Contracts.Runs;

/// <summary>How a command in a sandbox ended, and what it cost.</summary>
public sealed record SandboxRunResult
{
    /// <summary>As a candidate's would be; the output of a completed one was handed on and is empty here.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Exit code, or 128 + signal; null when it was ended by a limit or never started.</summary>
    public int? ExitCode { get; init; }

    public required TraceId TraceId { get; init; }

    public required RunUsage Usage { get; init; }

    public required TimeSpan Duration { get; init; }
}
