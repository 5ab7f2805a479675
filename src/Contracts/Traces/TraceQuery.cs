using Espalier.Contracts.Agents;

namespace Espalier.Contracts.Traces;

/// <summary>Which traces to read; null members do not restrict.</summary>
public sealed record TraceQuery
{
    public string? Agent { get; init; }

    public VersionId? Version { get; init; }

    public Purpose? Purpose { get; init; }

    public string? Session { get; init; }

    public string? Conversation { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public bool? HasError { get; init; }

    /// <summary>Most traces to return; newest first.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended; null for the first.</summary>
    public string? Cursor { get; init; }
}
