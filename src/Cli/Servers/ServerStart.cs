namespace Espalier.Cli.Servers;

/// <summary>How a server is to be started.</summary>
/// <param name="Port">Null takes the usual one, or a free one when that is taken.</param>
/// <param name="Listen">Null listens on loopback only.</param>
/// <param name="IdleExit">When to stop without requests; null keeps it running.</param>
internal sealed record ServerStart(int? Port, string? Listen, string? IdleExit)
{
    /// <summary>For commands that only need some server.</summary>
    public static ServerStart OnDemand { get; } = new(null, null, "30m");
}
