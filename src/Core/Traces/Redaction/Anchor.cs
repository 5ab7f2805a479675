namespace Espalier.Core.Traces.Redaction;

/// <summary>What a text must hold for a detector to be asked at all. All anchors of all detectors are found in three vectorised passes.</summary>
[Flags]
public enum Anchor
{
    /// <summary>One of the detector's <see cref="IDetector.Words"/>.</summary>
    Words = 1,

    /// <summary>The character <c>@</c>.</summary>
    AtSign = 2,

    /// <summary>A group of digits that touches no letter.</summary>
    Number = 4,

    /// <summary>A run of letters, digits and <c>_</c> with a digit in it.</summary>
    Token = 8,
}
