using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Contracts.Runs;

/// <summary>One version executed on one input.</summary>
public sealed record Run
{
    /// <summary>Null for production traffic, which is never cached.</summary>
    public RunKey? Key { get; init; }

    public required VersionId Version { get; init; }

    public CaseId? Case { get; init; }

    public required TraceId TraceId { get; init; }

    public required Outcome Outcome { get; init; }

    public required RunUsage Usage { get; init; }

    /// <summary>What became of its calls of tools; null when it made none through the gateway.</summary>
    public ToolUsage? Tools { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>What it did to its workspace; null when it had none, or did not end well.</summary>
    public WorkspaceChanges? Changes { get; init; }

    /// <summary>How often it was tried again because a sandbox or a provider failed; <see cref="Usage"/> is of all tries.</summary>
    public int Retries { get; init; }

    /// <summary>True when the result was taken from the run cache and nothing was paid for it now.</summary>
    public bool Cached { get; init; }
}
