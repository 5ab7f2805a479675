namespace Espalier.Testing.Otlp;

/// <summary>One span of an <see cref="OtlpRequest"/>: a second long, unless told otherwise.</summary>
public sealed record OtlpSpan
{
    public string TraceId { get; init; } = "0af7651916cd43dd8448eb211c80319c";

    public string SpanId { get; init; } = "00000000000000a1";

    public string? ParentId { get; init; }

    public string Name { get; init; } = "span";

    /// <summary>Nanoseconds since 1970.</summary>
    public ulong Start { get; init; } = 1_790_000_000_000_000_000;

    public ulong End { get; init; } = 1_790_000_001_000_000_000;

    public IReadOnlyDictionary<string, object> Attributes { get; init; } = new Dictionary<string, object>();

    public IReadOnlyList<(string Name, IReadOnlyDictionary<string, object> Attributes)> Events { get; init; } = [];

    public int Status { get; init; }

    public string? StatusMessage { get; init; }
}
