namespace Espalier.Core.Traces.Redaction.Detectors.Cards;

/// <summary>Payment cards: 12 to 19 digits of a known issuer with its length, whose check digit is right (ISO/IEC 7812), in one piece or in the
/// groups that are printed.</summary>
internal sealed class CardDetector : IDetector
{
    private static readonly int[][] Groupings = [[4, 4, 4, 4], [4, 4, 4, 4, 3], [4, 6, 5], [4, 6, 4], [4, 4, 4, 1], [4, 4, 5]];

    private static readonly Hints Names = new("card", "cards", "cc", "credit", "debit", "maestro", "creditcard", "pan", "karte", "carte", "tarjeta", "carta");

    public string Kind => "card";

    public int Rank => 70;

    public Anchor Anchor => Anchor.Number;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        var first = place.Groups[place.Index];
        if (first.Separator is '.' or '/') return false;
        if (first.Length is >= 12 and <= 19) return TryGroups(place, 1, out finding);
        if (first.Length != 4 || !IsBoundary(place)) return false;
        foreach (var lengths in Groupings)
        {
            if (HasLengths(place, lengths) && TryGroups(place, lengths.Length, out finding)) return true;
        }

        return false;
    }

    public string Normalize(ReadOnlySpan<char> value) => Checksums.Bare(value);

    private static bool IsBoundary(in Place place) => place.Index == 0 || place.Groups[place.Index].Separator is ' ' or '(';

    private static bool HasLengths(in Place place, int[] lengths)
    {
        if (place.Index + lengths.Length > place.Groups.Length) return false;
        var separator = place.Groups[place.Index + 1].Separator;
        if (separator is not (' ' or '-')) return false;
        for (var i = 0; i < lengths.Length; i++)
        {
            var group = place.Groups[place.Index + i];
            if (group.Length != lengths[i] || (i > 0 && group.Separator != separator)) return false;
        }

        return true;
    }

    private static bool TryGroups(in Place place, int count, out Finding finding)
    {
        finding = default;
        Span<char> digits = stackalloc char[19];
        var length = place.Digits(count, digits);
        if (length < 12) return false;
        digits = digits[..length];
        var end = place.Groups[place.Index + count - 1].End;
        // The digits behind the point of a number, or a longer number than a card.
        if (place.CharAt(end) == '.' && char.IsAsciiDigit(place.CharAt(end + 1))) return false;
        if (!(IsIssued(digits) || (IsWideMaestro(digits) && Names.Before(place.Text, place.At, 48))) || !Checksums.Luhn(digits) || Checksums.AllSame(digits)) return false;
        finding = new Finding(place.At, end);
        return true;
    }

    /// <summary>Issuers' ranges and the lengths that they use: Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay, Maestro, Mir,
    /// RuPay, Verve, Troy.</summary>
    private static bool IsIssued(ReadOnlySpan<char> digits)
    {
        var six = Checksums.Number(digits[..6]);
        var four = six / 100;
        var two = six / 10_000;
        return digits.Length switch
        {
            16 or 19 when six / 100_000 == 4 => true,
            13 when six / 100_000 == 4 => true,
            16 when two is >= 51 and <= 55 || four is >= 2221 and <= 2720 => true,
            15 when two is 34 or 37 => true,
            14 or 15 or 16 or 17 or 18 or 19 when two is 36 or 38 or 39 || four is >= 3000 and <= 3059 or 3095 => true,
            >= 16 when four is 6011 || four / 10 is >= 644 and <= 659 || six is >= 622_126 and <= 622_925 => true,
            >= 16 when two is 35 => true,
            15 when four is 2131 or 1800 => true,
            >= 16 when two is 62 or 81 => true,
            >= 16 when four is >= 2200 and <= 2204 || two is 60 or 65 || six is >= 506_099 and <= 506_198 or >= 650_002 and <= 650_027 => true,
            16 when six / 100 is 9792 => true,
            >= 12 => IsMaestro(four),
            _ => false,
        };
    }

    private static bool IsMaestro(int four) => four is 5018 or 5020 or 5038 or 5893 or 6304 or 6390 or 6759 or 6761 or 6762 or 6763 or 604;

    // A tenth of all numbers of 12 to 19 digits that begin so have a right check digit: parcels and orders among them.
    private static bool IsWideMaestro(ReadOnlySpan<char> digits) => Checksums.Number(digits[..2]) is 56 or 57 or 58;
}
