namespace Espalier.Contracts.Shared;

/// <summary>How the ways to model providers are now.</summary>
public sealed record GatewayDiagnostics
{
    /// <summary>Every key of every provider, in the order of the configuration.</summary>
    public required IReadOnlyList<ProviderKeyState> Keys { get; init; }

    public required ReplyCacheState Cache { get; init; }

    public required TraceQueueState Traces { get; init; }
}

/// <summary>Spans of calls on their way to the trace store.</summary>
/// <param name="Spans">Those that wait now.</param>
/// <param name="Bytes">What they take, about.</param>
/// <param name="Waits">Times that a call had to wait since the start, because too many or too much waited before it.</param>
/// <param name="Refused">Times since the start that the store did not take a batch, which was tried again.</param>
/// <param name="Dropped">Spans that were lost since the start: the store refused them when the server stopped. Otherwise 0, always.</param>
public sealed record TraceQueueState(int Spans, long Bytes, long Waits, long Refused, long Dropped);

/// <summary>The cache of answers.</summary>
/// <param name="Entries">Answers that it holds.</param>
/// <param name="Bytes">What they take, about.</param>
/// <param name="Hits">Requests that were answered from it since the start.</param>
/// <param name="Misses">Requests that looked there in vain since the start.</param>
public sealed record ReplyCacheState(int Entries, long Bytes, long Hits, long Misses);

/// <summary>How one key of a provider fares; never the key.</summary>
public sealed record ProviderKeyState
{
    public required string Provider { get; init; }

    /// <summary>Its name: <c>default</c> for the one of the environment, <c>kept</c> for the one that is kept here, else as configured.</summary>
    public required string Key { get; init; }

    /// <summary>Null for the key itself; else the one model with it that this is about.</summary>
    public string? Model { get; init; }

    public required BreakerState State { get; init; }

    public required int FailuresInARow { get; init; }

    /// <summary>When the next request may go; null while requests go through.</summary>
    public DateTimeOffset? OpenUntil { get; init; }

    /// <summary>What it was left alone for; null while requests go through.</summary>
    public string? Why { get; init; }

    /// <summary>When the key is used no more; null when no such time is set.</summary>
    public DateTimeOffset? Until { get; init; }
}
