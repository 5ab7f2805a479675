using System.Text.RegularExpressions;

namespace Espalier.Core.Agents;

/// <summary>Finds and rewrites lists of labels in prompt files: one label a line, with or without a bullet and a description.</summary>
public static partial class LabelLists
{
    /// <summary>The lines of a file that name one of the labels, by label. A label on two lines counts where it stands first.</summary>
    public static IReadOnlyDictionary<string, int> Find(string text, IReadOnlySet<string> labels)
    {
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var match = Entry().Match(lines[i]);
            if (match.Success && labels.Contains(match.Groups["label"].Value)) found.TryAdd(match.Groups["label"].Value, i);
        }

        return found;
    }

    /// <summary>The text with each described label's line ending in its description.</summary>
    public static string Describe(string text, IReadOnlyDictionary<string, string> descriptions)
    {
        var lines = text.Split('\n');
        foreach (var (label, line) in Find(text, descriptions.Keys.ToHashSet(StringComparer.Ordinal)))
        {
            var match = Entry().Match(lines[line]);
            lines[line] = $"{match.Groups["bullet"].Value}{label}: {descriptions[label]}";
        }

        return string.Join('\n', lines);
    }

    /// <summary>The text without the lines that name a label.</summary>
    public static string Remove(string text, IReadOnlySet<string> labels)
    {
        var gone = Find(text, labels).Values.ToHashSet();
        return string.Join('\n', text.Split('\n').Where((_, i) => !gone.Contains(i)));
    }

    [GeneratedRegex(@"^(?<bullet>\s*(?:[-*]\s+)?)(?<label>[^\s:][^:]{0,80}?)\s*(?::.*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Entry();
}
