using System.Text.RegularExpressions;
using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>Where each agent's bare repository lies: <c>AGENT.git</c> in one folder. Thread-safe.</summary>
internal sealed partial class AgentFolders(GitProgram git, string folder, TimeProvider time)
{
    public string Root { get; } = Path.GetFullPath(folder);

    public async Task<string> EnsureAsync(string agent, CancellationToken cancellationToken)
    {
        var path = PathOf(agent);
        if (Directory.Exists(path)) return path;
        var building = Path.Combine(Root, $"new-{NewNonce()}");
        try
        {
            Directory.CreateDirectory(Root);
            await git.ReadAsync(
                new GitCall(null, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", building), 1 << 20, cancellationToken);
            Directory.Move(building, path);
        }
        catch (Exception error) when (DiskFaults.From(error, Root) is not null)
        {
            throw DiskFaults.From(error, Root)!;
        }

        return path;
    }

    public string Find(string agent)
    {
        var path = PathOf(agent);
        return Directory.Exists(path)
            ? path
            : throw new Refusal("agent-not-found", 404, $"There is no agent '{agent}'.", "Bring one in with 'espalier agents import FOLDER'.");
    }

    /// <summary>A name that nothing else has, for what is being built.</summary>
    public string NewNonce() => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    private string PathOf(string agent) => AgentName().IsMatch(agent) && !agent.Contains("..", StringComparison.Ordinal)
        ? Path.Combine(Root, agent + ".git")
        : throw new Refusal(
            "agent-name-malformed", 422, $"'{RepositoryPaths.Cut(agent)}' is no name for an agent.", "Use letters, digits, dots, dashes and underscores, at most 64.");

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex AgentName();
}
