namespace Espalier.Core.Traces.Redaction.Detectors.NationalIds;

/// <summary>US individual taxpayer numbers, 9xx-70-xxxx: the middle group is one of those that are issued.</summary>
internal sealed class ItinDetector : IDetector
{
    public string Kind => "itin";

    public int Rank => 65;

    public Anchor Anchor => Anchor.Number;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        Span<char> digits = stackalloc char[9];
        if (!SsnDetector.TryRead(place, digits, out var end) || digits[0] != '9') return false;
        if (Checksums.Number(digits[3..5]) is not (>= 50 and <= 65 or >= 70 and <= 88 or >= 90 and <= 92 or >= 94 and <= 99)) return false;
        finding = new Finding(place.At, end);
        return true;
    }

    public string Normalize(ReadOnlySpan<char> value) => Checksums.Bare(value);
}
