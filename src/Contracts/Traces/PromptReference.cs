namespace Espalier.Contracts.Traces;

/// <summary>Which managed prompt was used, by the sender's word.</summary>
public sealed record PromptReference
{
    public string? Name { get; init; }

    public string? Version { get; init; }
}
