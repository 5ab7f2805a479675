using Espalier.Contracts.Agents;
using Espalier.Contracts.Releases;

namespace Espalier.Core.Releases;

/// <summary>What serves production, and every release with its state: a fold of an agent's release events.</summary>
public sealed class ReleaseFold
{
    private readonly List<Release> _releases = [];

    /// <summary>What served before, with the release that brought it (null for the first version); the top is where a rollback goes.</summary>
    private readonly Stack<(VersionId Version, ReleaseId? Release)> _before = new();

    /// <summary>The release that brought what serves now; null for the first version.</summary>
    private ReleaseId? _serving;

    public ReleaseFold(IEnumerable<ReleaseEvent> events)
    {
        foreach (var releaseEvent in events) Apply(releaseEvent);
    }

    /// <summary>Null before the agent was registered.</summary>
    public VersionId? Production { get; private set; }

    /// <summary>The version that a rollback would return to; null when there is none.</summary>
    public VersionId? Previous => _before.TryPeek(out var previous) ? previous.Version : null;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Release> Releases => _releases;

    private void Apply(ReleaseEvent releaseEvent)
    {
        switch (releaseEvent)
        {
            case ReleaseEvent.Registered registered:
                Production = registered.Version;
                break;
            case ReleaseEvent.Requested requested:
                _releases.Add(new Release
                {
                    Id = requested.Release,
                    Agent = requested.Agent,
                    Version = requested.Version,
                    Baseline = requested.Baseline,
                    Session = requested.Session,
                    State = ReleaseState.AwaitingApproval,
                    Digest = requested.Digest,
                    At = requested.At,
                });
                break;
            case ReleaseEvent.Approved approved:
                Serve(approved);
                break;
            case ReleaseEvent.RolledBack rolledBack:
                Return(rolledBack);
                break;
            default:
                throw new InvalidOperationException($"Event {releaseEvent.GetType().Name} is not known to this version of the program.");
        }
    }

    private void Serve(ReleaseEvent.Approved approved)
    {
        Change(release => release.State == ReleaseState.Full, ReleaseState.Replaced);
        Change(release => release.Id == approved.Release, ReleaseState.Full);
        if (Production is { } before) _before.Push((before, _serving));
        Production = _releases.Single(release => release.Id == approved.Release).Version;
        _serving = approved.Release;
    }

    private void Return(ReleaseEvent.RolledBack rolledBack)
    {
        Production = rolledBack.To;
        Change(release => release.Id == rolledBack.Release, ReleaseState.RolledBack);
        // The release before is in force again, so that it can be taken back in its turn.
        _serving = _before.TryPop(out var before) ? before.Release : null;
        Change(release => release.Id == _serving, ReleaseState.Full);
    }

    private void Change(Func<Release, bool> which, ReleaseState state)
    {
        for (var i = 0; i < _releases.Count; i++)
            if (which(_releases[i])) _releases[i] = _releases[i] with { State = state };
    }
}
