using System.Text;
using Espalier.Contracts.Frontiers;

namespace Espalier.Cli.Frontiers;

/// <summary>A frontier for a terminal: the result in a sentence, a table, a plot.</summary>
/// <remarks>Plain strings without colour codes. Control characters of foreign text never reach the terminal.</remarks>
internal static class FrontierText
{
    public const int MinWidth = 60;
    public const int MaxWidth = 160;

    /// <summary>Everything, bad news first.</summary>
    /// <param name="report">The ended session.</param>
    /// <param name="width">Columns of the terminal; taken as 60 to 160.</param>
    /// <param name="plain">ASCII only, for terminals and files that cannot be trusted with more.</param>
    public static string Render(FrontierReport report, int width = 100, bool plain = false)
    {
        width = Math.Clamp(width, MinWidth, MaxWidth);
        var verdict = FrontierVerdict.Of(report, plain);
        var text = new StringBuilder();
        foreach (var warning in verdict.Warnings) AppendWrapped(text, "! " + warning, width);
        AppendWrapped(text, verdict.Sentence, width);
        if (report.Points.Count == 0) return text.ToString();
        text.Append('\n').Append(FrontierTable.Render(report, width, plain)).Append('\n').Append(FrontierPlot.Render(report, width, plain));
        return text.ToString();
    }

    private static void AppendWrapped(StringBuilder text, string sentence, int width)
    {
        var column = 0;
        foreach (var word in TerminalText.Clean(sentence, plain: false).Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > width)
            {
                text.Append('\n');
                column = 0;
            }

            if (column > 0) text.Append(' ');
            text.Append(word);
            column += word.Length + (column > 0 ? 1 : 0);
        }

        text.Append('\n');
    }
}
