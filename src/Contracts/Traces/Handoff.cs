namespace Espalier.Contracts.Traces;

/// <summary>An agent gave the request to another one.</summary>
public sealed record Handoff
{
    public string? From { get; init; }

    public required string To { get; init; }
}
