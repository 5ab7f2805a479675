using System.Globalization;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Frontiers;

/// <summary>How numbers of a frontier are said, so that terminal, report and console use the same words.</summary>
/// <remarks>Plain writes ASCII only, for terminals and files that cannot be trusted with more.</remarks>
public static class FrontierWords
{
    /// <summary>The first seven digits: <c>1a2b3c4</c>.</summary>
    public static string ShortId(VersionId version) => version.Value.Length <= 7 ? version.Value : version.Value[..7];

    /// <summary><c>62.5%</c>.</summary>
    public static string Rate(double rate) => (rate * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%";

    /// <summary>A difference of rates in points, always with its sign: <c>+31.5</c>.</summary>
    public static string Points(double difference, bool plain = false, int decimals = 1)
    {
        var points = Math.Round(difference * 100, decimals, MidpointRounding.AwayFromZero);
        var size = Math.Abs(points).ToString(decimals == 0 ? "0" : "0.0", CultureInfo.InvariantCulture);
        return points == 0 ? size : (points > 0 ? "+" : plain ? "-" : "\u2212") + size;
    }

    /// <summary>Dollars with cents, below a dollar with three significant digits: <c>$31.42</c>, <c>$0.0412</c>, <c>$0.0000412</c>.</summary>
    public static string Money(decimal dollars)
    {
        var size = Math.Abs(dollars);
        var sign = dollars < 0 ? "-" : "";
        if (size == 0) return "$0";
        if (size >= 1) return sign + "$" + size.ToString("#,0.00", CultureInfo.InvariantCulture);
        var decimals = 3;
        for (var unit = 0.1m; size < unit && decimals < 15; unit /= 10) decimals++;
        return sign + "$" + decimal.Round(size, decimals).ToString("0." + new string('0', decimals), CultureInfo.InvariantCulture);
    }

    public static string Money(Usd amount) => Money(amount.ToDollars());

    /// <summary>Cost of 1,000 requests: numbers that people can read.</summary>
    public static string PerThousand(Usd perRequest) => Money(perRequest.ToDollars() * 1000);
}
