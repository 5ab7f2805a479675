using System.Collections;

namespace Espalier.Core.Traces.Redaction.Detectors.Phones;

/// <summary>Country calling codes that are assigned (ITU-T E.164).</summary>
internal static class CallingCodes
{
    private static readonly BitArray Assigned = Read(
        "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "
        + "211 212 213 216 218 220-269 290 291 297-299 350-359 370-389 420 421 423 500-509 590-599 670 672-683 685-692 800 808 850 852 853 855 856 870 "
        + "878 880-883 886 888 960-968 970-977 979 992-996 998");

    /// <summary>How many digits the calling code at the start has; 0 when there is none.</summary>
    public static int LengthAtStart(ReadOnlySpan<char> digits)
    {
        // No code begins another one, so the first that fits is it.
        for (var length = 1; length <= 3 && length <= digits.Length; length++)
        {
            if (digits[0] != '0' && Assigned[Checksums.Number(digits[..length])]) return length;
        }

        return 0;
    }

    private static BitArray Read(string codes)
    {
        var assigned = new BitArray(1000);
        foreach (var code in codes.Split(' '))
        {
            var ends = Array.ConvertAll(code.Split('-'), end => int.Parse(end, System.Globalization.CultureInfo.InvariantCulture));
            for (var one = ends[0]; one <= ends[^1]; one++) assigned[one] = true;
        }

        return assigned;
    }
}
