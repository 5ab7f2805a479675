using Espalier.Contracts.Search;

namespace Espalier.Core.Search;

/// <summary>The event logs of sessions. State is a fold of events; nothing else is stored.</summary>
public interface ISessionStore
{
    Task CreateAsync(SessionHeader header, CancellationToken cancellationToken);

    Task<SessionHeader?> FindAsync(SessionId id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    Task<IReadOnlyList<SessionHeader>> ListAsync(string? agent, CancellationToken cancellationToken);

    /// <summary>Appends as number <paramref name="expectedSequence"/> (from 1, no gaps); false when that number is taken.</summary>
    Task<bool> AppendAsync(SessionId id, int expectedSequence, SessionEvent sessionEvent, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Events after <paramref name="afterSequence"/> in order.</summary>
    Task<IReadOnlyList<StoredSessionEvent>> ReadAsync(SessionId id, int afterSequence, CancellationToken cancellationToken);
}
