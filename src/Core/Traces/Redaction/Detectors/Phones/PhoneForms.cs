namespace Espalier.Core.Traces.Redaction.Detectors.Phones;

/// <summary>The ways in which national telephone numbers are grouped.</summary>
internal static class PhoneForms
{
    public static FormStrength Strength(ReadOnlySpan<char> text, ReadOnlySpan<DigitGroup> groups, int total, bool bracket)
    {
        var first = text[groups[0].Start];
        if (groups.Length == 1) return total is >= 7 and <= 13 ? FormStrength.Bare : FormStrength.None;
        var separator = groups[^1].Separator;
        foreach (var group in groups[1..])
        {
            // The first separator may be another one: (212) 555-0142, 0393/114 41 37.
            if (group.Start != groups[1].Start && group.Separator != separator) return FormStrength.None;
            if (group.Length < 2) return FormStrength.None;
        }

        if (groups[1].Separator == '(') return bracket && groups[0].Length is >= 2 and <= 5 && total is >= 8 and <= 12 ? FormStrength.Certain : FormStrength.None;
        if (groups[1].Separator != separator && groups[1].Separator != '/') return FormStrength.None;
        if (groups is [{ Length: 3 }, { Length: 3 }, { Length: 4 }])
            return separator is '-' or '.' || first == '0' || (IsExchange(text, groups[0]) && IsExchange(text, groups[1])) ? FormStrength.Certain : FormStrength.Grouped;
        if (groups is [{ Length: 1 }, { Length: 3 }, { Length: 3 }, { Length: 4 }] && first == '1' && separator is '-' or '.' or ' ') return FormStrength.Certain;
        if (groups[0].Length == 1) return FormStrength.None;
        // Two short groups may be a house and its street; the number behind an area code is longer.
        if (first == '0' && text[groups[0].Start + 1] != '0' && total is >= 9 and <= 11 && groups[0].Length is >= 2 and <= 5
            && (groups.Length > 2 || groups[1].Length > 4))
        {
            return FormStrength.Certain;
        }

        if (separator == '-' && groups is [{ Length: 2 }, { Length: 2 }, { Length: 2 }, { Length: 2 }]) return FormStrength.Certain;
        return separator is ' ' or '-' or '.' && total is >= 6 and <= 12 ? FormStrength.Grouped : FormStrength.None;
    }

    /// <summary>True when the groups begin like a date, or hold one.</summary>
    public static bool IsDate(ReadOnlySpan<char> text, ReadOnlySpan<DigitGroup> groups)
    {
        if (groups.Length < 3) return false;
        var (a, b, c) = (groups[0], groups[1], groups[2]);
        if (b.Separator != c.Separator || b.Separator is not ('-' or '.' or '/' or ' ')) return false;
        if (a.Length > 4 || b.Length > 2 || c.Length > 4) return false;
        var (x, y, z) = (Number(text, a), Number(text, b), Number(text, c));
        if (a.Length == 4 && c.Length == 2) return x is >= 1900 and < 2100 && Checksums.IsDate(y, z);
        return a.Length <= 2 && c.Length == 4 && z is >= 1900 and < 2100 && (Checksums.IsDate(y, x) || Checksums.IsDate(x, y));
    }

    // In North America neither area nor exchange begins with 0 or 1.
    private static bool IsExchange(ReadOnlySpan<char> text, DigitGroup group) => text[group.Start] is >= '2' and <= '9';

    private static int Number(ReadOnlySpan<char> text, DigitGroup group) => Checksums.Number(text[group.Start..group.End]);
}
