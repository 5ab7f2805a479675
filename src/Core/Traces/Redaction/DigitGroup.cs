namespace Espalier.Core.Traces.Redaction;

/// <summary>Some digits in a row.</summary>
/// <param name="Start">Position of the first digit.</param>
/// <param name="End">Position after the last digit.</param>
/// <param name="Separator">What stands between the group before and this one; NUL for the first group, <c>(</c> when a bracket is among it.</param>
public readonly record struct DigitGroup(int Start, int End, char Separator)
{
    public int Length => End - Start;
}
