using System.Globalization;

namespace Espalier.Core.Shared;

/// <summary>Durations as people write them: <c>60s</c>, <c>5m</c>, <c>24h</c>, <c>7d</c>.</summary>
public static class Durations
{
    /// <summary>Ten years.</summary>
    private const decimal MaxSeconds = 3_650m * 86400;

    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is null || text.Length < 2) return false;
        var unit = text.EndsWith("ms", StringComparison.Ordinal) ? "ms" : text[^1..];
        // Not a double: its parser takes NaN for a number.
        if (!decimal.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
        if (number > MaxSeconds * 1000) return false;
        var seconds = unit switch { "ms" => number / 1000, "s" => number, "m" => number * 60, "h" => number * 3600, "d" => number * 86400, _ => -1 };
        if (seconds is < 0 or > MaxSeconds) return false;
        duration = TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));
        return true;
    }
}
