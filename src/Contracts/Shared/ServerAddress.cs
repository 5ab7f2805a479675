namespace Espalier.Contracts.Shared;

/// <summary>How a client finds a local server: <c>.espalier/server.json</c>. The token lies beside it in <c>token</c>, mode 0600.</summary>
public sealed record ServerAddress
{
    public required Uri Url { get; init; }

    public required int ProcessId { get; init; }

    public required string Version { get; init; }
}
