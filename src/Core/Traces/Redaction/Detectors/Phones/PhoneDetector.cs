namespace Espalier.Core.Traces.Redaction.Detectors.Phones;

/// <summary>Telephone numbers: international ones by their calling code (E.164), national ones by the way they are grouped.</summary>
/// <remarks>No check digit exists, so three strengths of form: <c>+41 44 123 45 67</c>, <c>(212) 555-0142</c> and <c>0171 555 0142</c> are
/// certain; groups that could be other numbers too (<c>467 3395</c>) need a word for a telephone near them, digits in one piece one beside them.</remarks>
internal sealed class PhoneDetector : IDetector
{
    private const int Fewest = 6;
    private const int Most = 15;

    public string Kind => "phone";

    public int Rank => 30;

    public Anchor Anchor => Anchor.Number;

    public bool TryFind(in Place place, out Finding finding)
    {
        finding = default;
        var start = place.At;
        if (!IsFree(place)) return false;
        var plus = place.Before == '+';
        var bracket = place.Before == '(' || (plus && place.CharAt(start - 2) == '(');
        var count = plus || place.Text[start..].StartsWith("00", StringComparison.Ordinal) ? International(place, plus) : 0;
        if (count == 0 && !plus) count = National(place, bracket);
        if (count == 0) return false;
        var end = place.Groups[place.Index + count - 1].End;
        if (NumberScan.ExtensionEnd(place.Text, end) is > 0 and var extension) end = extension;
        if (IsPartOfMore(place, count, end)) return false;
        if (plus) start--;
        if (bracket && start > 0 && place.Text[start - 1] == '(') start--;
        finding = new Finding(start, end);
        return true;
    }

    public string Normalize(ReadOnlySpan<char> value)
    {
        var bare = Checksums.Bare(value.ToString().Replace("(0)", "", StringComparison.Ordinal));
        return bare.StartsWith("00", StringComparison.Ordinal) ? bare[2..] : bare;
    }

    // Not behind a currency, a number sign, or a hyphen, point or slash that hangs on a word.
    private static bool IsFree(in Place place)
    {
        var first = place.Groups[place.Index];
        if (place.Index > 0) return first.Separator is ' ' or '(' or '/';
        return place.Before switch
        {
            '#' or '$' or '€' or '£' or '¥' or '%' or '@' or '&' => false,
            '-' or '.' or '/' or '\\' => !char.IsLetterOrDigit(place.CharAt(place.At - 2)) && place.CharAt(place.At - 2) is not ('-' or '/'),
            ':' or ',' => !char.IsAsciiDigit(place.CharAt(place.At - 2)),
            _ => true,
        };
    }

    private static bool IsPartOfMore(in Place place, int count, int end)
    {
        var next = place.CharAt(end);
        var after = place.CharAt(end + 1);
        var following = place.Index + count;
        if (following < place.Groups.Length && place.Groups[following].Start > end && place.Groups[following].Separator is '-' or '.' or '(') return true;
        return next switch
        {
            '%' or '€' or '$' or '°' => true,
            ':' or ',' or '.' => char.IsAsciiDigit(after),
            '-' or '/' => char.IsAsciiLetterOrDigit(after) && !IsWordAfter(place.Text, end + 1),
            _ => false,
        };
    }

    // 555-0142-home: a word, not the next part of an identifier.
    private static bool IsWordAfter(ReadOnlySpan<char> text, int at)
    {
        var end = at;
        while (end < text.Length && char.IsLetter(text[end])) end++;
        return end - at >= 3 && (end == text.Length || !char.IsAsciiDigit(text[end]));
    }

    /// <summary>How many groups an international number takes; the longest that is one.</summary>
    private static int International(in Place place, bool plus)
    {
        Span<char> digits = stackalloc char[Most + 3];
        var groups = place.Groups[place.Index..];
        for (var count = Math.Min(groups.Length, 8); count > 0; count--)
        {
            var length = place.Digits(count, digits);
            if (length < 0) continue;
            var number = plus ? digits[..length] : digits[2..length];
            // A zero that is dialled only at home: +41 (0)44.
            var trunk = count > 1 && groups[1].Length == 1 && groups[1].Separator == '(' ? 1 : 0;
            var code = CallingCodes.LengthAtStart(number);
            var national = number.Length - code - trunk;
            if (code == 0 || number.Length > Most + trunk) continue;
            if (number[0] == '1' ? national == 10 : national is >= 6 and <= 13) return IsJoined(groups[..count]) ? count : 0;
        }

        return 0;
    }

    // At most two kinds of separators, brackets aside; a number that goes on behind a slash is another one.
    private static bool IsJoined(ReadOnlySpan<DigitGroup> groups)
    {
        foreach (var group in groups[1..])
        {
            if (group.Separator is '/') return false;
        }

        return true;
    }

    private static int National(in Place place, bool bracket)
    {
        var groups = place.Groups[place.Index..];
        for (var count = Math.Min(groups.Length, 5); count > 0; count--)
        {
            var total = 0;
            foreach (var group in groups[..count]) total += group.Length;
            if (total is < Fewest or > Most || PhoneForms.IsDate(place.Text, groups[..count])) continue;
            var end = groups[count - 1].End;
            var strength = PhoneForms.Strength(place.Text, groups[..count], total, bracket);
            if (strength == FormStrength.Certain) return count;
            if (strength == FormStrength.Grouped && PhoneHints.Near(place.Text, place.At, end, total)) return count;
            if (strength == FormStrength.Bare && PhoneHints.Beside(place.Text, place.At, end)) return count;
        }

        return 0;
    }
}
