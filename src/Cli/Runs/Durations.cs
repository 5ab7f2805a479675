using System.Globalization;
using Espalier.Cli.Output;

namespace Espalier.Cli.Runs;

/// <summary>Reads times as contracts write them: a number with <c>ms</c>, <c>s</c>, <c>m</c> or <c>h</c>.</summary>
internal static class Durations
{
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>Null for null.</summary>
    public static TimeSpan? Read(string? text, string flag)
    {
        if (text is null) return null;
        foreach (var (unit, seconds) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            if (double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number * seconds < 1e9)
                return TimeSpan.FromSeconds(number * seconds);
            break;
        }

        throw CliError.Usage($"\"{text}\" is no time.", $"{flag} takes one.", "Write it like 20s, 500ms or 5m");
    }
}
