using System.Text.RegularExpressions;

namespace Espalier.ChDb.Engine;

/// <summary>The little that has to be known about a statement's text to run it: does it write, does it carry rows.</summary>
internal static partial class SqlText
{
    /// <summary>A string literal of ClickHouse's SQL.</summary>
    public static string Quote(string value) =>
        "'" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";

    public static bool IsName(string text) => NamePattern().IsMatch(text);

    /// <summary>True for statements that only read: those may share the readers, and GET may run them.</summary>
    public static bool IsRead(string sql)
    {
        var word = FirstWord(sql);
        return word is "SELECT" or "WITH" or "SHOW" or "DESCRIBE" or "DESC" or "EXPLAIN" or "EXISTS";
    }

    /// <summary>Splits <c>INSERT INTO t (...) FORMAT F</c> from the rows that follow it in the same text.</summary>
    /// <returns>False when the statement is not an insert with rows in a format: VALUES and SELECT run as plain statements.</returns>
    public static bool TrySplitInsert(ReadOnlySpan<char> text, out string insert, out string format, out int dataStart)
    {
        (insert, format, dataStart) = ("", "", 0);
        var whole = text.ToString();
        if (FirstWord(whole) != "INSERT") return false;
        var match = InsertPattern().Match(whole);
        if (!match.Success || match.Groups["format"].Value.Equals("VALUES", StringComparison.OrdinalIgnoreCase)) return false;
        insert = match.Groups["insert"].Value;
        format = match.Groups["format"].Value;
        dataStart = match.Length;
        return true;
    }

    private static string FirstWord(string sql)
    {
        var rest = sql.AsSpan().TrimStart();
        while (rest.StartsWith("--", StringComparison.Ordinal) || rest.StartsWith("/*", StringComparison.Ordinal) || rest.StartsWith("(", StringComparison.Ordinal))
        {
            if (rest[0] == '(')
            {
                rest = rest[1..].TrimStart();
                continue;
            }

            var terminator = rest[0] == '-' ? "\n" : "*/";
            var end = rest.IndexOf(terminator, StringComparison.Ordinal);
            rest = end < 0 ? [] : rest[(end + terminator.Length)..].TrimStart();
        }

        var length = 0;
        while (length < rest.Length && char.IsAsciiLetter(rest[length])) length++;
        return rest[..length].ToString().ToUpperInvariant();
    }

    // The column list has no brackets inside it, so what stands between the table and FORMAT is exactly one list or nothing.
    [GeneratedRegex(
        @"^\s*(?<insert>INSERT\s+INTO\s+(TABLE\s+)?[^\s(]+\s*(\([^()]*\))?)\s*(SETTINGS\s+[^()]*?\s)?\s*FORMAT\s+(?<format>\w+)[ \t]*(\r?\n|$|\s)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex InsertPattern();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
