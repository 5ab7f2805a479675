using Espalier.Contracts.Search;

namespace Espalier.Sdk.Search;

/// <summary>One message of a watched session.</summary>
public abstract record SessionUpdate
{
    private SessionUpdate()
    {
    }

    /// <summary>Where the session stands now; comes on each change.</summary>
    public sealed record Standing(SessionSummary Summary) : SessionUpdate;

    /// <summary>An event that was added to the session's log; each comes once, in order.</summary>
    public sealed record Logged(StoredSessionEvent Entry) : SessionUpdate;
}
