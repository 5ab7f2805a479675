namespace Espalier.Contracts.Traces;

/// <summary>One execution of a tool.</summary>
public sealed record ToolCall
{
    public required SpanId SpanId { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required TimeSpan Duration { get; init; }

    public required string Name { get; init; }

    public string? CallId { get; init; }

    /// <summary>JSON where it was JSON.</summary>
    public string? Arguments { get; init; }

    public string? Result { get; init; }

    public string? Error { get; init; }
}
