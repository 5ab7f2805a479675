namespace Espalier.GatewayLoad;

/// <summary>One way to the upstream.</summary>
internal sealed record Target
{
    public required string Name { get; init; }

    public required Uri Address { get; init; }

    /// <summary>What wrk's script is told.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The process whose time counts; null for none.</summary>
    public int? Gateway { get; init; }

    /// <summary>The trace store's process, told apart; null for none.</summary>
    public int? Store { get; init; }
}
