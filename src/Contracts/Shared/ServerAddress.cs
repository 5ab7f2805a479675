namespace Espalier.Contracts.Shared;

/// <summary>How a client finds a local server: <c>.espalier/server.json</c>. The token lies beside it in <c>token</c>, mode 0600.</summary>
public sealed record ServerAddress
{
    public required Uri Url { get; init; }

    public required int ProcessId { get; init; }

    public required string Version { get; init; }

    /// <summary>Where OpenTelemetry clients send over HTTP; null when that port is not open.</summary>
    public Uri? OtlpHttp { get; init; }

    /// <summary>Where OpenTelemetry clients send over gRPC; null when that port is not open.</summary>
    public Uri? OtlpGrpc { get; init; }

    /// <summary>Why one of the two is not open; null when both are, or are not meant to be.</summary>
    public string? OtlpProblem { get; init; }
}
