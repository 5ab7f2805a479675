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

    public string? User { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    /// <summary>A model that answered in it.</summary>
    public string? Model { get; init; }

    /// <summary>A tool that was executed in it.</summary>
    public string? Tool { get; init; }

    /// <summary>The provider's id of an answer in it.</summary>
    public string? ResponseId { get; init; }

    /// <summary>Words that must all stand in the request, the answer, an error, or a tool's arguments or result. Case does not matter. In
    /// double quotes: exactly this, in this order.</summary>
    public string? Text { get; init; }

    public TimeSpan? MinDuration { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public bool? HasError { get; init; }

    /// <summary>Most traces to return; newest first.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended; null for the first.</summary>
    public string? Cursor { get; init; }
}
