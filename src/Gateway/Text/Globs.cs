namespace Espalier.Gateway.Text;

/// <summary>Patterns in which a star stands for any characters, or for all but one where it must not cross it. Linear, whatever the pattern.</summary>
internal static class Globs
{
    /// <summary>Each <c>*</c> stands for any characters.</summary>
    public static bool Matches(string pattern, string text) => Matches(pattern, text, barrier: null);

    /// <summary><c>*</c> stands for characters of one part of a path, <c>**</c> for any.</summary>
    public static bool MatchesPath(string pattern, string path) => Matches(pattern, path, barrier: '/');

    // A table of what is reachable: patterns are short, so its cost is bounded by their product.
    private static bool Matches(string pattern, string text, char? barrier)
    {
        var reachable = new bool[text.Length + 1];
        reachable[0] = true;
        for (var at = 0; at < pattern.Length; at++)
        {
            var next = new bool[text.Length + 1];
            if (pattern[at] == '*')
            {
                var any = barrier is null || (at + 1 < pattern.Length && pattern[at + 1] == '*');
                if (barrier is not null && any) at++;
                var on = false;
                for (var i = 0; i <= text.Length; i++)
                {
                    if (i > 0 && !any && text[i - 1] == barrier) on = false;
                    on |= reachable[i];
                    next[i] = on;
                }
            }
            else
            {
                for (var i = 0; i < text.Length; i++) next[i + 1] = reachable[i] && text[i] == pattern[at];
            }

            reachable = next;
        }

        return reachable[^1];
    }
}
