using System.Collections.Concurrent;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Search;
using Espalier.Core.Agents;
using Espalier.Core.Search;
using Espalier.Core.Shared;

namespace Espalier.Core.Releases;

/// <summary>Moves production traffic: asked for, approved, taken back. Every act is an event and an audit entry.</summary>
/// <remarks>The served version is read on every request, so it is kept in memory and changed after its event is stored. Thread-safe.</remarks>
public sealed class ReleaseService(IReleaseStore store, IAuditLog audit, IAgentRepository repository, ISessionStore sessions, TimeProvider time) : IServedVersions, IDisposable
{
    // Names that callers made up must not fill the memory.
    private const int MostAbsent = 1024;

    private readonly ConcurrentDictionary<string, VersionId> _production = new();
    private readonly ConcurrentDictionary<string, bool> _absent = new();
    private readonly SemaphoreSlim _gate = new(1, 1);

    public void Dispose() => _gate.Dispose();

    /// <summary>Makes an agent's first version the served one; does nothing when something serves already.</summary>
    public async Task RegisterAsync(string agent, VersionId version, string by, CancellationToken cancellationToken)
    {
        await using var held = await HoldAsync(cancellationToken);
        if ((await FoldAsync(agent, cancellationToken)).Production is not null) return;
        await store.AppendAsync(
            new ReleaseEvent.Registered(version) { Release = NewId(), Agent = agent, At = time.GetUtcNow(), By = by }, cancellationToken);
        await audit.AppendAsync(new AuditAct(by, "agent.registered", agent, $"serves {version}"), cancellationToken);
        _production[agent] = version;
        _absent.TryRemove(agent, out _);
    }

    public async Task<VersionId> FindProductionAsync(string agent, CancellationToken cancellationToken)
    {
        if (_production.TryGetValue(agent, out var known)) return known;
        var version = (await FoldAsync(agent, cancellationToken)).Production
            ?? throw new Refusal("agent-not-found", 404, $"There is no agent '{agent}'.", "Bring one in with 'espalier agents import FOLDER'.");
        return _production.GetOrAdd(agent, version);
    }

    public async ValueTask<VersionId?> FindServedAsync(string agent, CancellationToken cancellationToken)
    {
        if (_production.TryGetValue(agent, out var known)) return known;
        if (_absent.ContainsKey(agent)) return null;
        await using var held = await HoldAsync(cancellationToken);
        if ((await FoldAsync(agent, cancellationToken)).Production is { } version) return _production.GetOrAdd(agent, version);
        if (_absent.Count >= MostAbsent) _absent.Clear();
        _absent[agent] = true;
        return null;
    }

    public async Task<Release> RequestAsync(RequestRelease request, string by, CancellationToken cancellationToken)
    {
        await using var held = await HoldAsync(cancellationToken);
        var version = await repository.ResolveAsync(request.Agent, request.Version, cancellationToken);
        var fold = await FoldAsync(request.Agent, cancellationToken);
        var baseline = fold.Production
            ?? throw new Refusal("agent-not-found", 404, $"There is no agent '{request.Agent}'.", "Bring one in with 'espalier agents import FOLDER'.");
        if (baseline == version.Id)
            throw new Refusal("release-needless", 409, $"Version {version.Id.Value[..7]} serves already.", "Choose another version of the frontier.");
        var session = request.Session ?? await FindSessionAsync(request.Agent, version.Id, cancellationToken);
        var id = NewId();
        await store.AppendAsync(
            new ReleaseEvent.Requested(version.Id, baseline, session, await DigestAsync(version, baseline, session, cancellationToken))
            {
                Release = id, Agent = request.Agent, At = time.GetUtcNow(), By = by,
            },
            cancellationToken);
        await audit.AppendAsync(new AuditAct(by, "release.requested", id.Value, $"{request.Agent}: {baseline} -> {version.Id}"), cancellationToken);
        return (await FoldAsync(request.Agent, cancellationToken)).Releases.Single(release => release.Id == id);
    }

    /// <summary>Makes the version serve at once. The digest must be the one that was shown, and must still be true.</summary>
    public async Task<Release> ApproveAsync(string agent, ReleaseId id, string digest, string by, CancellationToken cancellationToken)
    {
        await using var held = await HoldAsync(cancellationToken);
        var fold = await FoldAsync(agent, cancellationToken);
        var release = fold.Releases.FirstOrDefault(release => release.Id == id)
            ?? throw new Refusal("release-not-found", 404, $"There is no release '{id}'.", "List them with 'espalier releases list'.");
        if (release.State != ReleaseState.AwaitingApproval)
            throw new Refusal("release-not-waiting", 409, $"Release {id} is not waiting for an approval.", "Ask for a new one with 'espalier release VERSION'.");
        var version = await repository.FindAsync(agent, release.Version, cancellationToken);
        var now = await DigestAsync(version, release.Baseline, release.Session, cancellationToken);
        if (digest != release.Digest || now != release.Digest || fold.Production != release.Baseline)
        {
            throw new Refusal(
                "approval-void", 409, "What would go out is not what was shown: the digest or the served version has changed.",
                "Ask for a new release and approve what it shows.");
        }

        await store.AppendAsync(new ReleaseEvent.Approved(digest) { Release = id, Agent = agent, At = time.GetUtcNow(), By = by }, cancellationToken);
        _production[agent] = release.Version;
        await audit.AppendAsync(new AuditAct(by, "release.approved", id.Value, $"{agent}: {release.Version} serves, digest {digest}"), cancellationToken);
        return release with { State = ReleaseState.Full };
    }

    /// <summary>Back to the version that served before. Needs no approval.</summary>
    public async Task<Release> RollBackAsync(string agent, string reason, string by, CancellationToken cancellationToken)
    {
        await using var held = await HoldAsync(cancellationToken);
        var fold = await FoldAsync(agent, cancellationToken);
        var release = fold.Releases.LastOrDefault(release => release.State == ReleaseState.Full && release.Version == fold.Production);
        if (release is null || fold.Previous is not { } previous)
            throw new Refusal("nothing-to-roll-back", 409, $"Agent {agent} serves its first version.", "There is nothing to roll back to.");
        await store.AppendAsync(
            new ReleaseEvent.RolledBack(previous, reason) { Release = release.Id, Agent = agent, At = time.GetUtcNow(), By = by }, cancellationToken);
        _production[agent] = previous;
        await audit.AppendAsync(new AuditAct(by, "release.rolled_back", release.Id.Value, $"{agent}: {previous} serves again; {reason}"), cancellationToken);
        return release with { State = ReleaseState.RolledBack };
    }

    public async Task<ReleaseFold> FoldAsync(string agent, CancellationToken cancellationToken) =>
        new(await store.ReadAsync(agent, cancellationToken));

    /// <summary>The newest session that confirmed a version; null when none did.</summary>
    private async Task<SessionId?> FindSessionAsync(string agent, VersionId version, CancellationToken cancellationToken)
    {
        foreach (var header in await sessions.ListAsync(agent, cancellationToken))
        {
            var events = await sessions.ReadAsync(header.Id, 0, cancellationToken);
            if (events.Any(stored => stored.Event is SessionEvent.SessionCompleted done && done.Points.Any(point => point.Version == version)))
                return header.Id;
        }

        return null;
    }

    /// <summary>Binds an approval to what was measured: version and tree, what it replaces, and the confirmed numbers that speak for it.</summary>
    private async Task<string> DigestAsync(AgentVersion version, VersionId baseline, SessionId? session, CancellationToken cancellationToken)
    {
        string evidence = "none";
        if (session is { } id)
        {
            var fold = SessionFold.Empty;
            foreach (var stored in await sessions.ReadAsync(id, 0, cancellationToken)) fold = fold.Apply(stored.Event);
            var point = fold.Points?.FirstOrDefault(point => point.Version == version.Id);
            evidence = point is null ? $"{id}/unconfirmed" : $"{id}/{fold.Plan!.Revision}/{point.Cases}/{point.PassRate.Value:R}/{point.CostPerRequest.Nano}";
        }

        return ContentHash.Of(64, version.Agent, baseline.Value, version.Id.Value, version.Tree.Value, evidence);
    }

    private ReleaseId NewId() => new($"rel_{Guid.CreateVersion7(time.GetUtcNow()):N}");

    private async Task<Releaser> HoldAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        return new Releaser(_gate);
    }

    private readonly struct Releaser(SemaphoreSlim gate) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            gate.Release();
            return ValueTask.CompletedTask;
        }
    }
}
