namespace Espalier.Core.Traces.Redaction.Detectors.NationalIds;

/// <summary>UK national insurance numbers, AB 12 34 56 C: two letters that are issued, six digits, a letter from A to D.</summary>
internal sealed class NinoDetector : IDetector
{
    public string Kind => "nino";

    public int Rank => 65;

    public Anchor Anchor => Anchor.Token | Anchor.Number;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        return place.Groups.IsEmpty ? TryToken(place, out finding) : TrySpaced(place, out finding);
    }

    public string Normalize(ReadOnlySpan<char> value) => Checksums.Bare(value);

    private static bool TryToken(in Place place, out Finding finding)
    {
        finding = new Finding(place.At, place.End);
        var text = place.Text[place.At..place.End];
        return text.Length == 9 && IsPrefix(text[0], text[1]) && Checksums.AllDigits(text[2..8]) && text[8] is >= 'A' and <= 'D';
    }

    private static bool TrySpaced(in Place place, out Finding finding)
    {
        finding = default;
        var groups = place.Groups[place.Index..];
        if (place.Index != 0 || groups.Length != 3 || place.At < 3) return false;
        foreach (var group in groups)
        {
            if (group.Length != 2) return false;
        }

        var (start, end) = (place.At - 3, groups[2].End);
        if (place.Before != ' ' || groups[1].Separator != ' ' || place.CharAt(end) != ' ' || place.CharAt(end + 1) is not (>= 'A' and <= 'D')) return false;
        if (char.IsLetterOrDigit(place.CharAt(end + 2)) || char.IsLetterOrDigit(place.CharAt(start - 1))) return false;
        if (!IsPrefix(place.Text[start], place.Text[start + 1])) return false;
        finding = new Finding(start, end + 2);
        return true;
    }

    private static bool IsPrefix(char first, char second) =>
        first is >= 'A' and <= 'Z' && second is >= 'A' and <= 'Z' && !"DFIQUV".Contains(first) && !"DFIQUVO".Contains(second)
        && (first, second) is not (('B', 'G') or ('G', 'B') or ('N', 'K') or ('K', 'N') or ('T', 'N') or ('N', 'T') or ('Z', 'Z'));
}
