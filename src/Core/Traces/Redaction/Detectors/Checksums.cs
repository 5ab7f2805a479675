namespace Espalier.Core.Traces.Redaction.Detectors;

/// <summary>The check digits that several kinds of numbers share. All of them read ASCII digits.</summary>
internal static class Checksums
{
    /// <summary>The formula of Luhn (ISO/IEC 7812-1, annex B), the last digit being the check digit.</summary>
    public static bool Luhn(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            if (i % 2 == 1 && (digit *= 2) > 9) digit -= 9;
            sum += digit;
        }

        return sum % 10 == 0;
    }

    /// <summary>Sum of each digit times its weight, first to first.</summary>
    public static int Weighted(ReadOnlySpan<char> digits, ReadOnlySpan<int> weights)
    {
        var sum = 0;
        for (var i = 0; i < weights.Length; i++) sum += (digits[i] - '0') * weights[i];
        return sum;
    }

    /// <summary>The number modulo a small one, for numbers beyond 64 bits; letters count as 10 to 35 (ISO 7064).</summary>
    public static int Modulo(ReadOnlySpan<char> text, int modulus)
    {
        var rest = 0;
        foreach (var c in text)
        {
            var value = char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
            rest = ((rest * (value > 9 ? 100 : 10)) + value) % modulus;
        }

        return rest;
    }

    public static bool AllDigits(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
        }

        return true;
    }

    public static bool AllSame(ReadOnlySpan<char> digits) => !digits.ContainsAnyExcept(digits[0]);

    public static int Number(ReadOnlySpan<char> digits)
    {
        var number = 0;
        foreach (var digit in digits) number = (number * 10) + (digit - '0');
        return number;
    }

    /// <summary>True when year (of a century), month and day of a birth are such.</summary>
    public static bool IsDate(int month, int day) => month is >= 1 and <= 12 && day >= 1 && day <= (month == 2 ? 29 : month is 4 or 6 or 9 or 11 ? 30 : 31);

    /// <summary>Letters and digits only, upper-case: what is left of a value when its grouping is taken away.</summary>
    public static string Bare(ReadOnlySpan<char> value)
    {
        Span<char> into = stackalloc char[value.Length];
        var length = 0;
        foreach (var c in value)
        {
            if (char.IsAsciiLetterOrDigit(c)) into[length++] = char.ToUpperInvariant(c);
        }

        return new string(into[..length]);
    }
}
