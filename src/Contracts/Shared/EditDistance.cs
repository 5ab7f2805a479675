namespace Espalier.Contracts.Shared;

/// <summary>How far two words lie apart, for naming what was probably meant.</summary>
public static class EditDistance
{
    /// <summary>The fewest letters to insert, delete or replace that make one word the other, letter case ignored (Levenshtein 1966).</summary>
    /// <remarks>Time is the product of the lengths.</remarks>
    public static int Between(string a, string b)
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
