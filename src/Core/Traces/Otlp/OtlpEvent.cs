namespace Espalier.Core.Traces.Otlp;

/// <summary>An event of a span as it came.</summary>
public sealed class OtlpEvent
{
    public string Name { get; internal set; } = "";

    /// <summary>Nanoseconds since 1970; 0 when not told.</summary>
    public ulong Time { get; internal set; }

    public AttributeSet Attributes { get; } = new();

    /// <summary>Its content is in the canonical span whole.</summary>
    public bool IsUsed { get; set; }

    internal void Clear()
    {
        Name = "";
        Time = 0;
        IsUsed = false;
        Attributes.Clear();
    }
}
