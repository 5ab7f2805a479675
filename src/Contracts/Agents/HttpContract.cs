namespace Espalier.Contracts.Agents;

/// <summary>How an agent that is an HTTP server is spoken to.</summary>
public sealed record HttpContract
{
    /// <summary>Where requests are posted.</summary>
    public required string Path { get; init; }

    /// <summary>Where a GET is answered with 2xx once the agent is ready; null: any answer to a GET of <see cref="Path"/> will do.</summary>
    public string? Health { get; init; }

    /// <summary>How long it may take to get ready, 1 second to 10 minutes.</summary>
    public required TimeSpan Start { get; init; }

    /// <summary>Requests at once in one process, 1-64.</summary>
    public required int Concurrency { get; init; }
}
