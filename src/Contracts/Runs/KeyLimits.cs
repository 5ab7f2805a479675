namespace Espalier.Contracts.Runs;

/// <summary>How fast a key may be used; null is no limit.</summary>
public sealed record KeyLimits
{
    public int? RequestsPerMinute { get; init; }

    /// <summary>Input and output together: the most that a call may take is counted when it begins, what it took when it ends.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>Calls at the same time.</summary>
    public int? Concurrent { get; init; }
}
