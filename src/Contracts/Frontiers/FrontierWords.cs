using System.Globalization;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
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

    /// <summary>How many calls of tools had no recording: <c>12.5%</c>; a dash when none was looked for.</summary>
    public static string Misses(ToolUsage? tools, bool plain = false) => tools?.MissRate is { } rate ? Rate(rate) : plain ? "-" : "—";

    /// <summary>What became of calls of tools without a recording, in words; null when every one had its recording.</summary>
    public static string? MissesInWords(ToolUsage? tools)
    {
        if (tools is not { Missed: > 0, MissRate: { } rate }) return null;
        List<string> parts = [];
        if (tools.MissedFailed > 0) parts.Add($"{tools.MissedFailed} failed{(tools.WritesBlocked > 0 ? $" ({tools.WritesBlocked} kept from writing)" : "")}");
        if (tools.MissedForwarded > 0) parts.Add($"{tools.MissedForwarded} read for real");
        if (tools.MissedSimulated > 0) parts.Add($"{tools.MissedSimulated} simulated");
        return $"{Rate(rate)} of {tools.Replayed + tools.Missed:N0} tool calls had no recording: {string.Join(", ", parts)}";
    }

    /// <summary>Cost of 1,000 requests: numbers that people can read.</summary>
    public static string PerThousand(Usd perRequest) => Money(perRequest.ToDollars() * 1000);
}
