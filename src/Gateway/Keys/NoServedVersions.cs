using Espalier.Contracts.Agents;
using Espalier.Core.Releases;

namespace Espalier.Gateway.Keys;

/// <summary>For a gateway beside which no agent is served.</summary>
internal sealed class NoServedVersions : IServedVersions
{
    public ValueTask<VersionId?> FindServedAsync(string agent, CancellationToken cancellationToken) => new((VersionId?)null);
}
