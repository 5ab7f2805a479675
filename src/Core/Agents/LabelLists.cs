namespace Espalier.Core.Agents;

/// <summary>Finds and rewrites lists of labels in prompt files: one label a line, with or without a bullet and a description.</summary>
public static class LabelLists
{
    private const int MaxLength = 81;

    /// <summary>The lines of a file that name one of the labels, by label. A label on two lines counts where it stands first.</summary>
    public static IReadOnlyDictionary<string, int> Find(string text, IReadOnlySet<string> labels)
    {
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (LabelOf(lines[i]) is var (_, label) && labels.Contains(label)) found.TryAdd(label, i);
        }

        return found;
    }

    /// <summary>The text with each described label's line ending in its description.</summary>
    public static string Describe(string text, IReadOnlyDictionary<string, string> descriptions)
    {
        var lines = text.Split('\n');
        foreach (var (label, line) in Find(text, descriptions.Keys.ToHashSet(StringComparer.Ordinal)))
        {
            lines[line] = $"{LabelOf(lines[line])!.Value.Bullet}{label}: {descriptions[label]}";
        }

        return string.Join('\n', lines);
    }

    /// <summary>The text without the lines that name a label.</summary>
    public static string Remove(string text, IReadOnlySet<string> labels)
    {
        var gone = Find(text, labels).Values.ToHashSet();
        return string.Join('\n', text.Split('\n').Where((_, i) => !gone.Contains(i)));
    }

    /// <summary>What stands before a colon, without the bullet; null when that is nothing or too much for a label. Linear in the line.</summary>
    private static (string Bullet, string Label)? LabelOf(string line)
    {
        var start = SkipBlanks(line, 0);
        if (start + 1 < line.Length && line[start] is '-' or '*' && SkipBlanks(line, start + 1) is var after && after > start + 1) start = after;
        var rest = line.AsSpan(start);
        var colon = rest.IndexOf(':');
        var label = (colon < 0 ? rest : rest[..colon]).TrimEnd();
        return label.Length is > 0 and <= MaxLength ? (line[..start], label.ToString()) : null;
    }

    private static int SkipBlanks(string line, int start)
    {
        while (start < line.Length && char.IsWhiteSpace(line[start])) start++;
        return start;
    }
}
