namespace Espalier.Contracts.Traces;

/// <summary>An agent by its own name.</summary>
public sealed record NamedAgent
{
    public required string Name { get; init; }

    public string? Version { get; init; }
}
