namespace Espalier.Contracts.Runs;

/// <summary>One request to the version that serves an agent's production traffic.</summary>
public sealed record InvokeRequest
{
    public required string Input { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    /// <summary>Pins a version for a test; null takes the production version.</summary>
    public string? Version { get; init; }
}
