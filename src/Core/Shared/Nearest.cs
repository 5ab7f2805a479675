namespace Espalier.Core.Shared;

/// <summary>The known words nearest to one that is not known, for error messages.</summary>
public static class Nearest
{
    /// <summary>At most <paramref name="count"/> words, nearest first; words that share nothing are left out.</summary>
    public static IReadOnlyList<string> Of(string word, IEnumerable<string> known, int count) =>
        [.. known
            .Select(candidate => (Word: candidate, Distance: Distance(word, candidate)))
            .Where(pair => pair.Distance <= Math.Max(2, Math.Max(word.Length, pair.Word.Length) / 2))
            .OrderBy(pair => pair.Distance)
            .ThenBy(pair => pair.Word, StringComparer.Ordinal)
            .Take(count)
            .Select(pair => pair.Word)];

    /// <summary>Levenshtein's edit distance over characters, case ignored.</summary>
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
