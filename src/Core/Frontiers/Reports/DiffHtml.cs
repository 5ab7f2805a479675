using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using static Espalier.Core.Frontiers.Reports.Markup;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>A unified diff as a table: file bars, line numbers, colour and sign for what came and went.</summary>
internal static partial class DiffHtml
{
    /// <summary>A longer diff is cut here; the repository has the rest.</summary>
    public const int MaxLines = 800;

    /// <summary>Lines added and removed, file headers aside.</summary>
    public static (int Added, int Removed) Count(string patch)
    {
        var lines = Parse(patch).ToArray();
        return (lines.Count(l => l.Kind == '+'), lines.Count(l => l.Kind == '-'));
    }

    public static void Append(StringBuilder html, string patch)
    {
        var lines = Parse(patch).ToArray();
        html.Append("""<div class="scroll" tabindex="0" role="region" aria-label="Diff"><table class="diff"><tbody>""").Append('\n');
        foreach (var line in lines.Take(MaxLines))
        {
            var (name, sign) = line.Kind switch { '+' => ("add", "+"), '-' => ("del", "−"), '@' => ("hunk", ""), 'f' => ("file", ""), _ => ("same", "") };
            if (line.Kind is 'f' or '@')
                html.Append($"""<tr class="{name}"><td colspan="4">{Text(line.Text)}</td></tr>""").Append('\n');
            else
                html.Append($"""<tr class="{name}"><td class="no">{line.Old}</td><td class="no">{line.New}</td><td class="sign">{sign}</td><td class="code">{Text(line.Text)}</td></tr>""").Append('\n');
        }

        html.Append("</tbody></table></div>\n");
        if (lines.Length > MaxLines) html.Append($"""<p class="note">{lines.Length - MaxLines:N0} more lines are not shown.</p>""").Append('\n');
    }

    private static IEnumerable<Line> Parse(string patch)
    {
        int oldLine = 0, newLine = 0, oldLeft = 0, newLeft = 0;
        foreach (var raw in patch.TrimEnd('\n').Split('\n'))
        {
            var line = raw.TrimEnd('\r');
            // Inside a hunk the counts decide, because a removed line may well begin with "--".
            if (oldLeft > 0 || newLeft > 0)
            {
                var kind = line.Length == 0 ? ' ' : line[0];
                var text = line.Length == 0 ? "" : line[1..];
                if (kind == '\\') continue;
                if (kind == '+') { newLeft--; yield return new Line('+', "", Number(newLine++), text); }
                else if (kind == '-') { oldLeft--; yield return new Line('-', Number(oldLine++), "", text); }
                else { oldLeft--; newLeft--; yield return new Line(' ', Number(oldLine++), Number(newLine++), text); }
            }
            else if (HunkHeader().Match(line) is { Success: true } hunk)
            {
                oldLine = Value(hunk.Groups[1], 0);
                oldLeft = Value(hunk.Groups[2], 1);
                newLine = Value(hunk.Groups[3], 0);
                newLeft = Value(hunk.Groups[4], 1);
                yield return new Line('@', "", "", line);
            }
            else if (line.StartsWith("+++ ", StringComparison.Ordinal) && line != "+++ /dev/null")
            {
                yield return new Line('f', "", "", line.StartsWith("+++ b/", StringComparison.Ordinal) ? line[6..] : line[4..]);
            }
            else if (line.StartsWith("--- a/", StringComparison.Ordinal) && patch.Contains("+++ /dev/null", StringComparison.Ordinal))
            {
                yield return new Line('f', "", "", line[6..]);
            }
            else if (line.StartsWith("Binary files", StringComparison.Ordinal))
            {
                yield return new Line(' ', "", "", line);
            }
        }
    }

    private static int Value(Group group, int missing) =>
        group.Success && int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : missing;

    private static string Number(int line) => line.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")]
    private static partial Regex HunkHeader();

    private readonly record struct Line(char Kind, string Old, string New, string Text);
}
