namespace Espalier.Core.Traces.Redaction.Detectors.NationalIds;

/// <summary>US social security numbers, 123-45-6789: numbers that were never issued stay. Without hyphens only beside a word that names them.</summary>
internal sealed class SsnDetector : IDetector
{
    internal static readonly Hints Names = new("ssn", "ssns", "social security", "social sec", "ss#", "socialsecurity", "tax id", "taxpayer", "tin", "itin", "tax_id");

    public string Kind => "ssn";

    public int Rank => 65;

    public Anchor Anchor => Anchor.Number;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        Span<char> digits = stackalloc char[9];
        if (!TryRead(place, digits, out var end)) return false;
        var area = Checksums.Number(digits[..3]);
        if (area is 0 or 666 or >= 900 || digits[3..5] is "00" || digits[5..] is "0000") return false;
        finding = new Finding(place.At, end);
        return true;
    }

    public string Normalize(ReadOnlySpan<char> value) => Checksums.Bare(value);

    /// <summary>Nine digits as 3-2-4 with hyphens, or otherwise beside a word for them.</summary>
    internal static bool TryRead(in Place place, Span<char> digits, out int end)
    {
        end = 0;
        var groups = place.Groups[place.Index..];
        if (place.Before is '#' or '-' || (place.Index > 0 && groups[0].Separator is not ' ')) return false;
        var bare = groups[0].Length == 9;
        if (!bare && (groups.Length < 3 || groups[0].Length != 3 || groups[1].Length != 2 || groups[2].Length != 4)) return false;
        var last = bare ? 0 : 2;
        end = groups[last].End;
        if (groups.Length > last + 1 && groups[last + 1].Separator is '-' or '.') return false;
        if (place.CharAt(end) == '-' && char.IsLetterOrDigit(place.CharAt(end + 1))) return false;
        var certain = !bare && groups[1].Separator == '-' && groups[2].Separator == '-';
        if (!bare && groups[1].Separator is not (' ' or '-' or '.')) return false;
        return (certain || Names.Before(place.Text, place.At, 32)) && place.Digits(last + 1, digits) == 9;
    }
}
