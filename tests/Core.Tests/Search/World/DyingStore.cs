using Espalier.Contracts.Search;
using Espalier.Core.Search;

namespace Espalier.Core.Tests.Search.World;

/// <summary>A session store whose process dies after some appends: what was appended stays, nothing more gets in.</summary>
internal sealed class DyingStore(ISessionStore inner, int appends) : ISessionStore
{
    private int _left = appends;

    public Task CreateAsync(SessionHeader header, CancellationToken cancellationToken) => inner.CreateAsync(header, cancellationToken);

    public Task<SessionHeader?> FindAsync(SessionId id, CancellationToken cancellationToken) => inner.FindAsync(id, cancellationToken);

    public Task<IReadOnlyList<SessionHeader>> ListAsync(string? agent, CancellationToken cancellationToken) => inner.ListAsync(agent, cancellationToken);

    public Task<bool> AppendAsync(SessionId id, int expectedSequence, SessionEvent sessionEvent, DateTimeOffset at, CancellationToken cancellationToken) =>
        _left-- > 0 ? inner.AppendAsync(id, expectedSequence, sessionEvent, at, cancellationToken) : throw new ProcessDied();

    public Task<IReadOnlyList<StoredSessionEvent>> ReadAsync(SessionId id, int afterSequence, CancellationToken cancellationToken) =>
        inner.ReadAsync(id, afterSequence, cancellationToken);
}

internal sealed class ProcessDied : Exception;
