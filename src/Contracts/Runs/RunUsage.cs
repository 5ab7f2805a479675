using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Runs;

/// <summary>What the gateway measured for one run. Never reported by the agent.</summary>
public sealed record RunUsage
{
    public required int Calls { get; init; }

    public required int Attempts { get; init; }

    public required long InputTokens { get; init; }

    public required long OutputTokens { get; init; }

    /// <summary>Sum over attempts; null when any attempt's price is unknown.</summary>
    public Usd? Cost { get; init; }
}
