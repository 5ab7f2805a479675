using Espalier.Contracts.Agents;
using Microsoft.Extensions.FileSystemGlobbing;

namespace Espalier.Core.Agents;

/// <summary>Which paths belong to which artifact, and which no edit may touch.</summary>
public static class ArtifactRules
{
    /// <summary>The artifact that owns a path, null when none does; the first that matches in the contract's order.</summary>
    public static string? OwnerOf(this AgentContract contract, string path) =>
        contract.Artifacts.FirstOrDefault(artifact => Matches(artifact.Value, path)).Key;

    public static bool IsFrozen(this AgentContract contract, string path) => Matches(contract.Frozen, path);

    /// <summary>Null when every path may be edited; else the sentence that says which may not, and why.</summary>
    public static string? WhyNotEditable(this AgentContract contract, IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            if (contract.IsFrozen(path)) return $"{path} is frozen by the contract";
            if (contract.OwnerOf(path) is null) return $"{path} belongs to no artifact of the contract";
        }

        return null;
    }

    /// <summary>Whether one of the patterns holds the path.</summary>
    public static bool Hold(IReadOnlyList<string> patterns, string path) => Matches(patterns, path);

    private static bool Matches(IReadOnlyList<string> patterns, string path)
    {
        var matcher = new Matcher(StringComparison.Ordinal);
        matcher.AddIncludePatterns(patterns);
        return matcher.Match(path).HasMatches;
    }
}
