using System.Collections.Frozen;

namespace Espalier.Core.Traces.Redaction.Detectors.Ibans;

/// <summary>International bank account numbers: the length of their country and check digits modulo 97 (ISO 13616), in one piece or in groups of four.</summary>
internal sealed class IbanDetector : IDetector
{
    private const int Longest = 34;

    // The registry of ISO 13616, countries in the order of their letters.
    private static readonly FrozenDictionary<string, int> Lengths = (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 "
        + "GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 "
        + "MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 "
        + "TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30")
        .Split(' ').ToFrozenDictionary(entry => entry[..2], entry => int.Parse(entry[2..], System.Globalization.CultureInfo.InvariantCulture));

    public string Kind => "iban";

    public int Rank => 80;

    public Anchor Anchor => Anchor.Token;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        var text = place.Text[place.At..];
        if (text.Length < 15 || !char.IsAsciiLetter(text[0]) || !char.IsAsciiLetter(text[1]) || !char.IsAsciiDigit(text[2]) || !char.IsAsciiDigit(text[3])) return false;
        Span<char> country = [char.ToUpperInvariant(text[0]), char.ToUpperInvariant(text[1])];
        if (!Lengths.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(country, out var length)) return false;
        Span<char> account = stackalloc char[Longest];
        var (read, at) = (0, 0);
        while (read < length && at < text.Length)
        {
            if (char.IsAsciiLetterOrDigit(text[at])) account[read++] = text[at];
            else if (text[at] is not (' ' or '-' or '\u00a0') || read % 4 != 0) return false;
            at++;
        }

        if (read < length || (at < text.Length && char.IsAsciiLetterOrDigit(text[at]))) return false;
        Span<char> turned = stackalloc char[length];
        account[4..length].CopyTo(turned);
        account[..4].CopyTo(turned[(length - 4)..]);
        if (Checksums.Modulo(turned, 97) != 1) return false;
        finding = new Finding(place.At, place.At + at);
        return true;
    }

    public string Normalize(ReadOnlySpan<char> value) => Checksums.Bare(value);
}
