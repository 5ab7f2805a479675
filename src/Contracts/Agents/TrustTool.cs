namespace Espalier.Contracts.Agents;

/// <summary>Lets the server start or reach a tool server as it is declared.</summary>
public sealed record TrustTool
{
    /// <summary>What was looked at; another declaration is refused.</summary>
    public required string Digest { get; init; }
}
