using Espalier.Contracts.Agents;
using Espalier.Core.Agents;

namespace Espalier.Runs;

/// <summary>A repository of small agents: one file each, and one with many for the overlay.</summary>
internal sealed class OneFolder : IAgentRepository
{
    private const string Jsonl = "n=0\nwhile read -r line; do n=$((n + 1)); echo \"{\\\"id\\\":$n,\\\"output\\\":\\\"ok\\\"}\"; done\n";

    public static AgentVersion Small { get; } = Version('1');

    /// <summary>5,000 files of 200 bytes.</summary>
    public static AgentVersion Large { get; } = Version('2');

    public async Task MaterializeAsync(string agent, VersionId version, string folder, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "jsonl.sh"), Jsonl, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "slow.sh"), Jsonl.Replace("do n=", "do sleep 3; n=", StringComparison.Ordinal), cancellationToken);
        if (version != Large.Id) return;
        for (var i = 0; i < 5000; i++)
        {
            var at = Directory.CreateDirectory(Path.Combine(folder, $"part{i % 50}")).FullName;
            await File.WriteAllTextAsync(Path.Combine(at, $"file{i}"), new string('x', 200), cancellationToken);
        }
    }

    public Task<AgentVersion> ImportAsync(string agent, string folder, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, byte[]>> ReadFilesAsync(string agent, VersionId version, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AgentVersion> CommitAsync(string agent, VersionId parent, IReadOnlyDictionary<string, byte[]?> changes, string message, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<AgentVersion> FindAsync(string agent, VersionId version, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AgentVersion> ResolveAsync(string agent, string revision, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<VersionDiff> DiffAsync(string agent, VersionId from, VersionId to, CancellationToken cancellationToken) => throw new NotSupportedException();

    private static AgentVersion Version(char digit) => new()
    {
        Agent = "bench", Id = new VersionId(new string(digit, 40)), Tree = new TreeId(new string(digit, 40)), Title = "bench",
    };
}
