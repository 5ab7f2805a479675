namespace Espalier.Contracts.Agents;

/// <summary>Brings an agent's folder in: a git work tree's HEAD, or a snapshot of a plain folder. It must hold <c>espalier.yaml</c>.</summary>
public sealed record ImportAgentRequest
{
    /// <summary>Absolute path on the server's machine.</summary>
    public required string Path { get; init; }
}
