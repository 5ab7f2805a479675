using Espalier.Core.Runs;

namespace Espalier.Gateway.Tools;

/// <summary>Finds the recorded answer to the arguments that are most like others.</summary>
/// <remarks>Jaccard similarity over shingles of four characters of the normalised arguments. Of equals, the one whose arguments and answer come first
/// in order: equal recordings give equal answers.</remarks>
internal static class NearestAnswer
{
    public const int MostCompared = 500;

    private const int ShingleLength = 4;

    /// <summary>Null when there is none to choose from.</summary>
    public static ToolRecording? To(string arguments, IReadOnlyList<ToolRecording> known)
    {
        var asked = Shingles(arguments);
        return known
            .Select(one => (One: one, Likeness: Likeness(asked, Shingles(one.Arguments))))
            .OrderByDescending(pair => pair.Likeness)
            .ThenBy(pair => pair.One.Arguments, StringComparer.Ordinal)
            .ThenBy(pair => pair.One.Answer, StringComparer.Ordinal)
            .Select(pair => pair.One)
            .FirstOrDefault();
    }

    private static HashSet<string> Shingles(string text)
    {
        if (text.Length <= ShingleLength) return [text];
        var shingles = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i + ShingleLength <= Math.Min(text.Length, 4096); i++) shingles.Add(text.Substring(i, ShingleLength));
        return shingles;
    }

    private static double Likeness(HashSet<string> one, HashSet<string> other)
    {
        var shared = one.Count(other.Contains);
        return (double)shared / (one.Count + other.Count - shared);
    }
}
