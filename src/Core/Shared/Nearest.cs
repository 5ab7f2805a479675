using Espalier.Contracts.Shared;

namespace Espalier.Core.Shared;

/// <summary>The known words nearest to one that is not known, for error messages.</summary>
public static class Nearest
{
    /// <summary>At most <paramref name="count"/> words, nearest first; words that share nothing are left out.</summary>
    public static IReadOnlyList<string> Of(string word, IEnumerable<string> known, int count) =>
        [.. known
            .Select(candidate => (Word: candidate, Distance: EditDistance.Between(word, candidate)))
            .Where(pair => pair.Distance <= Math.Max(2, Math.Max(word.Length, pair.Word.Length) / 2))
            .OrderBy(pair => pair.Distance)
            .ThenBy(pair => pair.Word, StringComparer.Ordinal)
            .Take(count)
            .Select(pair => pair.Word)];
}
