namespace Espalier.Contracts.Runs;

/// <summary>A place in an agent from which it calls models, as the gateway recognised it.</summary>
public sealed record AgentCallSite
{
    public required string Agent { get; init; }

    /// <summary>What the agent calls it in the header <c>x-espalier-call-site</c>, else <c>cs_</c> and its fingerprint. The key under <c>call_sites</c> in <c>router.yaml</c>.</summary>
    public required string Name { get; init; }

    /// <summary>12 hex digits, of the call that was seen last.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Whether the agent named it.</summary>
    public required bool Named { get; init; }

    /// <summary>Beginning of its instructions, at most 500 characters, with <c>#</c> and <c>"</c> for what changes from call to call.</summary>
    public required string Template { get; init; }

    /// <summary>Names of the tools that it offers.</summary>
    public required IReadOnlyList<string> Tools { get; init; }

    /// <summary>Calls that were answered or failed.</summary>
    public required long Calls { get; init; }

    public required DateTimeOffset FirstSeen { get; init; }

    public required DateTimeOffset LastSeen { get; init; }
}
