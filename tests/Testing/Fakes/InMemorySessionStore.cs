using Espalier.Contracts.Search;
using Espalier.Core.Search;

namespace Espalier.Testing.Fakes;

/// <summary>Sessions in memory; passes the same contract as the real stores.</summary>
public sealed class InMemorySessionStore : ISessionStore
{
    private readonly Lock _lock = new();
    private readonly List<(SessionHeader Header, List<StoredSessionEvent> Events)> _sessions = [];

    public Task CreateAsync(SessionHeader header, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_sessions.Exists(session => session.Header.Id == header.Id))
                throw new InvalidOperationException($"Session {header.Id} is there already.");
            _sessions.Add((header, []));
        }

        return Task.CompletedTask;
    }

    public Task<SessionHeader?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult<SessionHeader?>(_sessions.Find(session => session.Header.Id == id).Header);
    }

    public Task<IReadOnlyList<SessionHeader>> ListAsync(string? agent, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<SessionHeader>>(
            [
                .. _sessions.AsEnumerable().Reverse().Select(session => session.Header)
                    .Where(header => agent is null || header.Agent == agent).OrderByDescending(header => header.CreatedAt),
            ]);
        }
    }

    public Task<bool> AppendAsync(
        SessionId id, int expectedSequence, SessionEvent sessionEvent, DateTimeOffset at, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(expectedSequence);
        lock (_lock)
        {
            var events = Events(id) ?? throw new InvalidOperationException($"Session {id} is not known.");
            if (expectedSequence <= events.Count) return Task.FromResult(false);
            if (expectedSequence > events.Count + 1)
                throw new InvalidOperationException($"Session {id} has {events.Count} events; event {expectedSequence} would leave a gap.");
            events.Add(new StoredSessionEvent(expectedSequence, at, sessionEvent));
            return Task.FromResult(true);
        }
    }

    public Task<IReadOnlyList<StoredSessionEvent>> ReadAsync(SessionId id, int afterSequence, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult<IReadOnlyList<StoredSessionEvent>>([.. (Events(id) ?? []).Skip(afterSequence)]);
    }

    private List<StoredSessionEvent>? Events(SessionId id) => _sessions.Find(session => session.Header.Id == id).Events;
}
