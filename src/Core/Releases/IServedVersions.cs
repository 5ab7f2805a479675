using Espalier.Contracts.Agents;

namespace Espalier.Core.Releases;

/// <summary>Which version of an agent serves production now.</summary>
public interface IServedVersions
{
    /// <summary>Null when there is no such agent here. Asked with every request, so it answers from memory once it was asked.</summary>
    ValueTask<VersionId?> FindServedAsync(string agent, CancellationToken cancellationToken);
}
