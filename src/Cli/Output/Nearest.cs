using Espalier.Contracts.Shared;

namespace Espalier.Cli.Output;

/// <summary>Which of the known names was probably meant; always some, for a suggestion to type.</summary>
internal static class Nearest
{
    /// <summary>The known names by edit distance, nearest first.</summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> known, int count) =>
        [.. known.Distinct()
            .OrderBy(candidate => EditDistance.Between(name, candidate))
            .ThenBy(candidate => candidate, StringComparer.Ordinal)
            .Take(count)];
}
