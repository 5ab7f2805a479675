using Espalier.Contracts.Releases;

namespace Espalier.Core.Releases;

/// <summary>The release events of each agent, in order. What serves production is their fold.</summary>
public interface IReleaseStore
{
    Task AppendAsync(ReleaseEvent releaseEvent, CancellationToken cancellationToken);

    /// <summary>Oldest first.</summary>
    Task<IReadOnlyList<ReleaseEvent>> ReadAsync(string agent, CancellationToken cancellationToken);
}
