namespace Espalier.GatewayLoad;

/// <summary>One run of wrk against one target.</summary>
internal sealed record Sample
{
    public required long Requests { get; init; }

    public required double RequestsPerSecond { get; init; }

    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    /// <summary>Answers that were not 2xx.</summary>
    public required long Bad { get; init; }

    public required long SocketErrors { get; init; }

    /// <summary>Null where no process counts.</summary>
    public double? GatewayCpuUs { get; init; }

    public double? StoreCpuUs { get; init; }

    /// <summary>Share of the machine that processes of others used meanwhile.</summary>
    public double Noise { get; init; }

    public double Load { get; init; }
}
