using System.Globalization;

namespace Espalier.Core.Shared;

/// <summary>Durations as people write them: <c>60s</c>, <c>5m</c>, <c>24h</c>, <c>7d</c>.</summary>
public static class Durations
{
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is null || text.Length < 2) return false;
        var unit = text.EndsWith("ms", StringComparison.Ordinal) ? "ms" : text[^1..];
        if (!double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
        var seconds = unit switch { "ms" => number / 1000, "s" => number, "m" => number * 60, "h" => number * 3600, "d" => number * 86400, _ => -1 };
        if (seconds is < 0 or > 3_650.0 * 86400) return false;
        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }
}
