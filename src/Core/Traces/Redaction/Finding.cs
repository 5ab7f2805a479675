namespace Espalier.Core.Traces.Redaction;

/// <summary>Where a text holds something to redact: UTF-16 positions, the end not included.</summary>
public readonly record struct Finding(int Start, int End)
{
    public int Length => End - Start;
}
