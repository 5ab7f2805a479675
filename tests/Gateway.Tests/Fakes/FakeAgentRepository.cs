using System.Collections.Concurrent;
using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Core.Agents;

namespace Espalier.Gateway.Tests.Fakes;

/// <summary>Versions as files in memory; only reading works.</summary>
internal sealed class FakeAgentRepository : IAgentRepository
{
    private readonly ConcurrentDictionary<VersionId, IReadOnlyDictionary<string, byte[]>> _versions = new();

    public int Reads { get; private set; }

    public void Put(VersionId version, params (string Path, string Text)[] files) =>
        _versions[version] = files.ToDictionary(file => file.Path, file => Encoding.UTF8.GetBytes(file.Text));

    public Task<IReadOnlyDictionary<string, byte[]>> ReadFilesAsync(string agent, VersionId version, CancellationToken cancellationToken)
    {
        Reads++;
        return Task.FromResult(_versions[version]);
    }

    public Task<AgentVersion> ImportAsync(string agent, string folder, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AgentVersion> CommitAsync(
        string agent, VersionId parent, IReadOnlyDictionary<string, byte[]?> changes, string message, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<AgentVersion> FindAsync(string agent, VersionId version, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AgentVersion> ResolveAsync(string agent, string revision, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<VersionDiff> DiffAsync(string agent, VersionId from, VersionId to, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task MaterializeAsync(string agent, VersionId version, string folder, CancellationToken cancellationToken) => throw new NotSupportedException();
}
