using Espalier.Contracts.Search;

namespace Espalier.Core.Search;

/// <summary>One session's event log with its fold, for the one process that writes it.</summary>
internal sealed class SessionLog(ISessionStore store, SessionId session, TimeProvider time)
{
    public SessionFold State { get; private set; } = SessionFold.Empty;

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var stored in await store.ReadAsync(session, State.Events, cancellationToken)) State = State.Apply(stored.Event);
    }

    /// <summary>Writes the event, then applies it: what is not in the log has not happened.</summary>
    public async Task AppendAsync(SessionEvent sessionEvent, CancellationToken cancellationToken)
    {
        if (!await store.AppendAsync(session, State.Events + 1, sessionEvent, time.GetUtcNow(), cancellationToken))
            throw new InvalidOperationException($"Another process wrote event {State.Events + 1} of session {session}. Only one server may own a data directory.");
        State = State.Apply(sessionEvent);
    }
}
