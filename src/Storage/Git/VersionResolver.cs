using System.Text;
using System.Text.RegularExpressions;
using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>Finds the version that a few digits mean.</summary>
internal sealed partial class VersionResolver(GitProgram git, AgentFolders folders)
{
    public async Task<VersionId> ResolveAsync(string agent, string revision, CancellationToken cancellationToken)
    {
        var repository = folders.Find(agent);
        var digits = revision.ToLowerInvariant();
        if (!Digits().IsMatch(digits))
        {
            throw new Refusal(
                "version-name-malformed", 400, $"'{RepositoryPaths.Cut(revision)}' is not a version of {agent}.", "Give 4 to 40 hex digits of its commit, as in the list of versions.");
        }

        var known = await ListVersionsAsync(repository, cancellationToken);
        var matches = known.Where(id => id.StartsWith(digits, StringComparison.Ordinal)).ToList();
        return matches.Count switch
        {
            1 => new VersionId(matches[0]),
            0 => throw NotFound(agent, revision, known),
            _ => throw new Refusal(
                "version-ambiguous", 409, $"{revision} is the start of {matches.Count} versions of {agent}.",
                $"Give more digits of one of them: {string.Join(", ", matches.Take(5).Select(id => id[..12]))}."),
        };
    }

    private async Task<List<string>> ListVersionsAsync(string repository, CancellationToken cancellationToken)
    {
        var output = await git.ReadAsync(new GitCall(repository, "for-each-ref", "--format=%(objectname)", AgentImport.Versions), 16 << 20, cancellationToken);
        return [.. Encoding.ASCII.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    public static Refusal NotFound(string agent, string revision, IReadOnlyList<string> known)
    {
        var nearest = known.OrderByDescending(id => id.Zip(revision).TakeWhile(pair => pair.First == char.ToLowerInvariant(pair.Second)).Count())
            .ThenBy(id => id, StringComparer.Ordinal).Take(3).Select(id => id[..12]).ToList();
        return new Refusal(
            "version-not-found", 404, $"{agent} has no version {RepositoryPaths.Cut(revision)}.",
            nearest.Count > 0 ? $"The nearest are {string.Join(", ", nearest)}." : "List its versions and give the id of one.");
    }

    [GeneratedRegex(@"\A[0-9a-f]{4,40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();
}
