namespace Espalier.Core.Traces.Otlp;

/// <summary>How much one export request may make us hold, whatever it says. Beyond a limit items are rejected and counted, never dropped in silence.</summary>
/// <remarks>A body is at most 64 MiB; a span of 2 KB then comes some 32,000 times. The limits stand well above that and bound what a body of
/// many tiny parts costs to some hundred megabytes.</remarks>
public static class OtlpLimits
{
    /// <summary>Items of one request.</summary>
    public const int Items = 100_000;

    /// <summary>Attributes of one item, its events included: a conversation flattened into indexed keys has thousands.</summary>
    public const int AttributesPerItem = 16_384;

    /// <summary>Attributes of one request.</summary>
    public const int AttributesPerRequest = 2_000_000;

    /// <summary>Events of one span.</summary>
    public const int EventsPerItem = 4_096;

    /// <summary>How deep lists and maps may lie in each other within one value.</summary>
    public const int Depth = 32;

    /// <summary>How deep the JSON of a request may be nested: the request's own levels, and <see cref="Depth"/> twice for values.</summary>
    public const int JsonDepth = 128;

    public const int Reasons = 8;
}
