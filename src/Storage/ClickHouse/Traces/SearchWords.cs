using Espalier.Core.Shared;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>What a search asks for, cut as the index cuts texts: at everything that is neither a letter nor a digit of ASCII, nor beyond it.</summary>
internal static class SearchWords
{
    public static IReadOnlyList<string> TokensOf(string text)
    {
        var tokens = new List<string>();
        var lower = text.ToLowerInvariant();
        var begin = 0;
        for (var i = 0; i <= lower.Length; i++)
        {
            if (i < lower.Length && (char.IsAsciiLetterOrDigit(lower[i]) || lower[i] > 127)) continue;
            if (i > begin) tokens.Add(lower[begin..i]);
            begin = i + 1;
        }

        return tokens.Count > 0
            ? [.. tokens.Distinct(StringComparer.Ordinal)]
            : throw new Refusal("text-not-searchable", 422, $"'{text}' has no word to search for.", "Search for letters or digits: words that must all be there.");
    }

    /// <summary>What stands between double quotes when the whole search does; null when single words are asked for.</summary>
    public static string? PhraseOf(string text)
    {
        var trimmed = text.Trim();
        return trimmed is ['"', _, .., '"'] ? trimmed[1..^1].ToLowerInvariant() : null;
    }
}
