namespace Espalier.Core.Traces.Redaction.Detectors.IpAddresses;

/// <summary>IPv4 addresses in dotted decimals. Those of the machine itself and of the link stay: they identify nobody. Numbers of versions look the same; what
/// calls itself a version or stands behind a product's name (<c>Chrome/120.0.0.0</c>) is taken for one.</summary>
internal sealed class IpV4Detector : IDetector
{
    private static readonly Hints Versions = new("version", "versions", "ver", "build", "release", "firmware", "v");

    public string Kind => "ip";

    public int Rank => 60;

    public Anchor Anchor => Anchor.Number;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        var groups = place.Groups[place.Index..];
        if (groups.Length < 4 || groups[0].Separator == '.') return false;
        Span<int> octets = stackalloc int[4];
        for (var i = 0; i < 4; i++)
        {
            var group = groups[i];
            if (group.Length > 3 || (group.Length > 1 && place.Text[group.Start] == '0')) return false;
            if (i > 0 && (group.Separator != '.' || group.Start != groups[i - 1].End + 1)) return false;
            octets[i] = Checksums.Number(place.Text[group.Start..group.End]);
            if (octets[i] > 255) return false;
        }

        var end = groups[3].End;
        if (groups.Length > 4 && groups[4].Separator == '.') return false;
        if (octets[0] is 0 or 127 || octets is [255, 255, 255, _] or [169, 254, _, _]) return false;
        if (place.Before == '/' && char.IsLetterOrDigit(place.CharAt(place.At - 2))) return false;
        if (place.Before is '.' or '-' or '@' || Versions.Before(place.Text, place.At, 10)) return false;
        finding = new Finding(place.At, end);
        return true;
    }
}
