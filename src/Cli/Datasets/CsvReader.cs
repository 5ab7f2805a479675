using System.Text;

namespace Espalier.Cli.Datasets;

/// <summary>CSV as RFC 4180 has it: quoted fields may hold commas, quotes (doubled) and line breaks. Lines end with LF or CRLF.</summary>
internal static class CsvReader
{
    /// <summary>One record with the line that it begins on; <c>Error</c> is set when its quoting is broken.</summary>
    public sealed record Entry(int Line, IReadOnlyList<string> Fields, string Raw, string? Error);

    public static IEnumerable<Entry> Read(string text)
    {
        var at = 0;
        var line = 1;
        while (at < text.Length)
        {
            var began = at;
            var beganLine = line;
            var (fields, error) = ReadRecord(text, ref at, ref line);
            var raw = text[began..at].TrimEnd('\r', '\n');
            if (raw.Length > 0) yield return new Entry(beganLine, fields, raw, error);
        }
    }

    private static (List<string> Fields, string? Error) ReadRecord(string text, ref int at, ref int line)
    {
        var fields = new List<string>();
        while (true)
        {
            var error = ReadField(text, ref at, ref line, out var field);
            fields.Add(field);
            if (error is not null)
            {
                SkipLine(text, ref at, ref line);
                return (fields, error);
            }

            if (at >= text.Length) return (fields, null);
            if (text[at] == ',')
            {
                at++;
                continue;
            }

            SkipLine(text, ref at, ref line);
            return (fields, null);
        }
    }

    private static string? ReadField(string text, ref int at, ref int line, out string field)
    {
        if (at >= text.Length || text[at] != '"')
        {
            var end = at;
            while (end < text.Length && text[end] is not (',' or '\n')) end++;
            field = text[at..end].TrimEnd('\r');
            at = end;
            return null;
        }

        // A broken quote would swallow the rest of the file: only the line that it stands on is given up.
        var value = new StringBuilder();
        var (opened, openedLine) = (at, line);
        at++;
        while (at < text.Length)
        {
            if (text[at] == '"')
            {
                if (at + 1 < text.Length && text[at + 1] == '"')
                {
                    value.Append('"');
                    at += 2;
                    continue;
                }

                at++;
                if (at < text.Length && text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n') at++;
                field = value.ToString();
                if (at >= text.Length || text[at] is ',' or '\n') return null;
                (at, line) = (opened, openedLine);
                return "text after a closing quote; a quote inside a field is written twice";
            }

            if (text[at] == '\n') line++;
            value.Append(text[at++]);
        }

        (at, line) = (opened, openedLine);
        field = "";
        return "a quote that is never closed";
    }

    private static void SkipLine(string text, ref int at, ref int line)
    {
        while (at < text.Length && text[at] != '\n') at++;
        if (at >= text.Length) return;
        at++;
        line++;
    }
}
