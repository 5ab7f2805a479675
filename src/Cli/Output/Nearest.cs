namespace Espalier.Cli.Output;

/// <summary>Which of the known names was probably meant.</summary>
internal static class Nearest
{
    /// <summary>The known names by edit distance (Levenshtein 1966), nearest first.</summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> known, int count) =>
        [.. known.Distinct().OrderBy(candidate => Distance(name, candidate)).ThenBy(candidate => candidate, StringComparer.Ordinal).Take(count)];

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (same ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
