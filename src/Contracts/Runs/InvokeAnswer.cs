using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Contracts.Runs;

/// <summary>What the agent answered, and what it cost to find out.</summary>
public sealed record InvokeAnswer
{
    public required TraceId TraceId { get; init; }

    public required VersionId Version { get; init; }

    /// <summary>Null when the run did not complete; <see cref="Outcome"/> says why.</summary>
    public string? Output { get; init; }

    public required Outcome Outcome { get; init; }

    public Usd? Cost { get; init; }

    public required TimeSpan Duration { get; init; }
}
