using System.Globalization;
using System.Text;
using Espalier.Contracts.Agents;

namespace Espalier.Storage.Git;

/// <summary>What we read of a commit. Its text was written by anybody and means nothing but a title.</summary>
internal sealed record CommitObject(VersionId Id, TreeId Tree, VersionId? Parent, long CommittedAt, bool IsOurs, string Title)
{
    public const string Identity = "Espalier <espalier@localhost>";

    public static CommitObject Parse(VersionId id, byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var headers = (end < 0 ? text : text[..end]).Split('\n');
        var committer = Header(headers, "committer ") ?? "";
        var stamp = committer.Split(' ') is [.., var seconds, _] ? seconds : "0";
        return new CommitObject(
            id,
            new TreeId(Header(headers, "tree ") ?? throw new InvalidDataException($"Commit {id} has no tree.")),
            Header(headers, "parent ") is { } parent ? new VersionId(parent) : null,
            long.TryParse(stamp, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : 0,
            committer.StartsWith(Identity + " ", StringComparison.Ordinal),
            end < 0 ? "" : FirstLine(text[(end + 2)..]));
    }

    public AgentVersion ToVersion(string agent) =>
        new() { Agent = agent, Id = Id, Tree = Tree, Parent = IsOurs ? Parent : null, Title = Title };

    private static string? Header(string[] headers, string name) =>
        headers.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..];

    private static string FirstLine(string message)
    {
        var line = message.TrimStart('\n').Split('\n')[0].Trim();
        return new string([.. line.Where(character => !char.IsControl(character)).Take(200)]);
    }
}
