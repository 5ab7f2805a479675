namespace Espalier.Cli.Runs;

/// <summary>Turns the words of a command into the line that a shell makes the same words of.</summary>
internal static class ShellLine
{
    /// <summary>One word is a line already; several are quoted each. Null for none.</summary>
    public static string? Of(IReadOnlyList<string> words) => words.Count switch
    {
        0 => null,
        1 => words[0],
        _ => string.Join(' ', words.Select(Quote)),
    };

    private static string Quote(string word) =>
        word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_./:=,+@%".Contains(letter)) ? word : $"'{word.Replace("'", "'\\''")}'";
}
