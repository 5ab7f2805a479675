namespace Espalier.Core.Traces.Redaction.Detectors.DriverLicences;

/// <summary>Numbers of driver licences beside a word that names them: each state has its own form, and none has a check digit, so the form alone
/// says nothing.</summary>
internal sealed class DriverLicenceDetector : IDetector
{
    private static readonly Hints Names = new(
        "driver license", "drivers license", "driver's license", "driver’s license", "driver licence", "driver's licence", "driver’s licence",
        "driving licence", "driving license", "driver_license", "drivers_license", "driverlicense", "licence number", "license number",
        "license no", "licence no", "dl number", "dl no", "dl#", "dln");

    public string Kind => "driver-licence";

    public int Rank => 40;

    public Anchor Anchor => Anchor.Token | Anchor.Number;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        var end = place.Groups.IsEmpty ? place.End : place.Groups[place.Index].End;
        var text = place.Text[place.At..end];
        if (text.Length is < 6 or > 16) return false;
        var digits = 0;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c)) digits++;
            else if (!char.IsAsciiLetter(c)) return false;
        }

        // Letters come first and are few; a word with a digit in it is none.
        if (digits < 5 || text.Length - digits > 5 || !Names.Before(place.Text, place.At, 32)) return false;
        finding = new Finding(place.At, end);
        return true;
    }

    public string Normalize(ReadOnlySpan<char> value) => Checksums.Bare(value);
}
