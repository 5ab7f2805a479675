using System.Text;
using Espalier.Contracts.Shared;

namespace Espalier.Cli.Output;

/// <summary>How numbers and foreign text are written for people.</summary>
internal static class Text
{
    /// <summary>Without control characters: text of others must not steer the terminal.</summary>
    public static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\u001f') && !text.AsSpan().ContainsAnyInRange('\u007f', '\u009f')) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            if (letter is '\n' or '\t' || !char.IsControl(letter)) clean.Append(letter);
        }

        return clean.ToString();
    }

    /// <summary>On one line of at most <paramref name="most"/> characters.</summary>
    public static string Cut(string? text, int most)
    {
        if (text is null) return "";
        var line = Clean(text).ReplaceLineEndings(" ").Replace('\t', ' ');
        return line.Length <= most ? line : line[..Math.Max(0, most - 3)] + "...";
    }

    /// <summary><c>$1.25</c>, <c>$0.0042</c>, <c>$0.0000381</c>: three significant digits below a dollar; <c>unknown</c> for null.</summary>
    public static string Money(Usd? amount)
    {
        if (amount is not { } known) return "unknown";
        var dollars = known.ToDollars();
        var size = Math.Abs(dollars);
        if (size == 0) return "$0.00";
        if (size >= 1) return $"${dollars:0.00}";
        var digits = 2;
        while (size < 0.1m && digits < 9)
        {
            size *= 10;
            digits++;
        }

        return "$" + dollars.ToString("0.00" + new string('#', digits + 1 - 2));
    }

    /// <summary>A command that means a folder wherever it is pasted.</summary>
    public static string InFolder(string command, string folder) => $"{command} -C {(folder.Contains(' ') ? $"\"{folder}\"" : folder)}";

    public static string Percent(double share) => $"{share * 100:0.0}%";

    public static string Percent(Interval? rate) =>
        rate is null ? "unknown" : $"{rate.Value * 100:0.0}% ({rate.Low * 100:0.0} to {rate.High * 100:0.0})";

    public static string Short(string id) => id.Length > 10 && id.All(char.IsAsciiHexDigitLower) ? id[..8] : id;

    public static string Seconds(TimeSpan span) =>
        span.TotalSeconds < 1 ? $"{span.TotalMilliseconds:0} ms"
        : span.TotalSeconds < 120 ? $"{span.TotalSeconds:0.0} s"
        : $"{(int)span.TotalMinutes} min {span.Seconds:00} s";
}
