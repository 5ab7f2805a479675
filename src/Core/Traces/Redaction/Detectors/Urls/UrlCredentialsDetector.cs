using System.Buffers;

namespace Espalier.Core.Traces.Redaction.Detectors.Urls;

/// <summary>User and password in a URL, <c>postgres://user:password@host</c>. The host stays.</summary>
internal sealed class UrlCredentialsDetector : IDetector
{
    private const int Longest = 512;

    private static readonly SearchValues<char> NotInside = SearchValues.Create(" \t\r\n\"'<>/\\");

    public string Kind => "credentials";

    public int Rank => 85;

    public Anchor Anchor => Anchor.AtSign;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        var from = Math.Max(0, place.At - Longest);
        var before = place.Text[from..place.At];
        var scheme = before.LastIndexOf("://", StringComparison.Ordinal);
        if (scheme < 1 || !char.IsAsciiLetterOrDigit(before[scheme - 1])) return false;
        var user = before[(scheme + 3)..];
        if (!user.Contains(':') || user.ContainsAny(NotInside) || user.Length < 3) return false;
        finding = new Finding(from + scheme + 3, place.At);
        return true;
    }
}
