using Espalier.Contracts.Agents;
using Espalier.Contracts.Traces;

namespace Espalier.Contracts.Runs;

/// <summary>A call of a tool that a guardrail holds until a person allows it.</summary>
public sealed record ToolApproval
{
    /// <summary><c>appr_</c> and 24 hex digits of the hash of agent, guardrail, tool and arguments: equal calls are one approval.</summary>
    public required string Id { get; init; }

    public required string Agent { get; init; }

    /// <summary>The version whose call was held; null when another system serves the agent.</summary>
    public VersionId? Version { get; init; }

    /// <summary>Name of the guardrail in <c>guardrails.yaml</c>.</summary>
    public required string Guardrail { get; init; }

    public required string Tool { get; init; }

    /// <summary>JSON, members in order of the alphabet.</summary>
    public required string Arguments { get; init; }

    /// <summary>Where the call was made first.</summary>
    public TraceId? TraceId { get; init; }

    public required ApprovalState State { get; init; }

    public required DateTimeOffset Asked { get; init; }

    public DateTimeOffset? Decided { get; init; }

    public string? DecidedBy { get; init; }

    /// <summary>After this the decision counts no more; null while there is none.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>How long a decision holds.</summary>
    public required TimeSpan Valid { get; init; }

    /// <summary>How many calls one approval lets through.</summary>
    public required int Uses { get; init; }

    /// <summary>Of an approval that was given: how many calls it still lets through.</summary>
    public int UsesLeft { get; init; }
}
