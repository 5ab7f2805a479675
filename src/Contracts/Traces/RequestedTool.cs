namespace Espalier.Contracts.Traces;

/// <summary>A tool call that a model asked for. Arguments: JSON as the model wrote it.</summary>
public sealed record RequestedTool
{
    public string? Id { get; init; }

    public required string Name { get; init; }

    public string? Arguments { get; init; }
}
