using System.Text.RegularExpressions;

namespace Espalier.Repository.Tests.Words;

/// <summary>Words that public type names leave alone, because they mean two things or repeat a word that we have.</summary>
internal static partial class WordRules
{
    /// <summary>The word, and what to say in its place.</summary>
    public static IReadOnlyDictionary<string, string> LeftAlone { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["Rollout"] = "Run or Release",
        ["Experiment"] = "Session",
        ["Variant"] = "Version or Candidate",
        ["Sample"] = "Case",
        ["Datapoint"] = "Case",
        ["Item"] = "Case, or the thing's own name",
        ["Task"] = "Case or Job",
        ["Scorer"] = "Judge",
        ["Grader"] = "Judge",
        ["Evaluator"] = "Judge",
        ["Trajectory"] = "Trace",
        ["Episode"] = "Trace",
        ["Manager"] = "what it does",
        ["Helper"] = "what it does",
        ["Util"] = "what it does",
        ["Utils"] = "what it does",
        ["Utility"] = "what it does",
        ["Common"] = "what it is",
        ["Data"] = "what it is",
        ["Info"] = "what it is",
    };

    public static IEnumerable<string> Broken(string name) =>
        from part in Parts().Matches(name).Select(match => match.Value)
        where LeftAlone.ContainsKey(part)
        select $"{name}: say {LeftAlone[part]} instead of {part}";

    [GeneratedRegex("[A-Z][a-z0-9]*")]
    private static partial Regex Parts();
}
