namespace Espalier.Core.Datasets;

/// <summary>A text as the set of its character k-shingles, and Jaccard's similarity of two such sets (Jaccard 1901; Broder 1997).</summary>
public static class Shingles
{
    /// <summary>All substrings of <paramref name="k"/> UTF-16 units; a text shorter than that is one shingle; an empty text has none.</summary>
    public static HashSet<string> Of(string text, int k)
    {
        var set = new HashSet<string>(StringComparer.Ordinal);
        if (text.Length == 0) return set;
        if (text.Length < k) set.Add(text);
        for (var i = 0; i + k <= text.Length; i++) set.Add(text.Substring(i, k));
        return set;
    }

    /// <summary>In [0, 1]; two empty sets are alike.</summary>
    public static double Jaccard(HashSet<string> a, HashSet<string> b)
    {
        if (a.Count == 0 && b.Count == 0) return 1;
        var (small, large) = a.Count <= b.Count ? (a, b) : (b, a);
        var shared = small.Count(large.Contains);
        return (double)shared / (a.Count + b.Count - shared);
    }

    /// <summary>Lower case, digits and letters kept, everything else one blank: what makes two writings of one request equal.</summary>
    public static string Normalise(string text)
    {
        var buffer = new char[text.Length];
        var length = 0;
        var blank = true;
        foreach (var c in text.Normalize(System.Text.NormalizationForm.FormKC))
        {
            if (length == buffer.Length) Array.Resize(ref buffer, (buffer.Length * 2) + 1);
            if (char.IsLetterOrDigit(c))
            {
                buffer[length++] = char.ToLowerInvariant(c);
                blank = false;
            }
            else if (!blank)
            {
                buffer[length++] = ' ';
                blank = true;
            }
        }

        return new string(buffer, 0, length).TrimEnd();
    }
}
