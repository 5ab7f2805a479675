using System.Runtime.InteropServices;

namespace Espalier.Gateway.Text;

/// <summary>Cuts a text into counted features. A feature is the 64-bit FNV-1a hash of its lower-case characters.</summary>
internal delegate void TextFeatures(string text, Dictionary<ulong, int> counts);

/// <summary>The two cuts: whole words, and character n-grams that stay inside a word's boundaries.</summary>
internal static class Features
{
    private const int MinGram = 2;
    private const int MaxGram = 5;
    private const int LongestWord = 64;

    /// <summary>Runs of letters and digits, lower case.</summary>
    public static void Words(string text, Dictionary<ulong, int> counts)
    {
        Span<char> word = stackalloc char[LongestWord];
        for (var at = 0; NextWord(text, ref at, word) is var length and > 0;) Add(counts, word[..length]);
    }

    /// <summary>All substrings of 2 to 5 characters of each word with a space before and after it.</summary>
    public static void CharacterGrams(string text, Dictionary<ulong, int> counts)
    {
        Span<char> padded = stackalloc char[LongestWord + 2];
        padded[0] = ' ';
        for (var at = 0; NextWord(text, ref at, padded[1..^1]) is var length and > 0;)
        {
            padded[length + 1] = ' ';
            var word = padded[..(length + 2)];
            for (var start = 0; start < word.Length; start++)
                for (var size = MinGram; size <= MaxGram && start + size <= word.Length; size++)
                    Add(counts, word.Slice(start, size));
        }
    }

    private static void Add(Dictionary<ulong, int> counts, ReadOnlySpan<char> feature)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in feature) hash = (hash ^ c) * 1099511628211UL;
        CollectionsMarshal.GetValueRefOrAddDefault(counts, hash, out _)++;
    }

    private static int NextWord(string text, ref int at, Span<char> word)
    {
        while (at < text.Length && !char.IsLetterOrDigit(text[at])) at++;
        var length = 0;
        for (; at < text.Length && char.IsLetterOrDigit(text[at]); at++)
            if (length < LongestWord) word[length++] = char.ToLowerInvariant(text[at]);
        return length;
    }
}
