using System.Collections.Concurrent;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;
using Espalier.Core.Search;
using Espalier.Core.Shared;

namespace Espalier.Server.Search;

/// <summary>Sessions as people see them: a fold of the log, the ledger's line, and what the process does right now.</summary>
internal sealed class SessionViews(ISessionStore store, ILedger ledger, SessionHost host)
{
    private readonly ConcurrentDictionary<SessionId, SessionFold> _folds = new();

    /// <summary>A session by id, name or <c>last</c>.</summary>
    public async Task<SessionHeader> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        var headers = await ListAsync(null, cancellationToken);
        var found = text == "last" ? headers is [var newest, ..] ? newest : null : headers.FirstOrDefault(header => header.Id.Value == text || header.Name == text);
        if (found is not null) return found;
        var known = headers.SelectMany(header => new[] { header.Id.Value, header.Name }).OfType<string>().ToList();
        var nearest = Nearest.Of(text, known, 3);
        throw new Refusal(
            "session-not-found", 404, $"There is no session '{text}'.",
            nearest.Count > 0 ? $"Nearest: {string.Join(", ", nearest)}." : "Start one with 'espalier optimize', or list them with 'espalier sessions list'.");
    }

    /// <summary>The sessions that have started, newest first. One whose first event is not written (yet, or ever: the process was killed) is none.</summary>
    public async Task<IReadOnlyList<SessionHeader>> ListAsync(string? agent, CancellationToken cancellationToken)
    {
        var started = new List<SessionHeader>();
        foreach (var header in await store.ListAsync(agent, cancellationToken))
            if ((await FoldAsync(header.Id, cancellationToken)).Plan is not null) started.Add(header);
        return started;
    }

    public async Task<SessionFold> FoldAsync(SessionId session, CancellationToken cancellationToken)
    {
        var fold = _folds.GetValueOrDefault(session, SessionFold.Empty);
        foreach (var stored in await store.ReadAsync(session, fold.Events, cancellationToken)) fold = fold.Apply(stored.Event);
        return _folds[session] = fold;
    }

    public async Task<SessionSummary> SummariseAsync(SessionHeader header, CancellationToken cancellationToken)
    {
        var fold = await FoldAsync(header.Id, cancellationToken);
        var plan = fold.Plan ?? throw new InvalidOperationException($"Session {header.Id} has no plan in its log.");
        var money = await ledger.ReadAsync(SessionLines.Session(header.Id), cancellationToken)
            ?? new BudgetState { Id = SessionLines.Session(header.Id), Spent = Usd.Zero, Reserved = Usd.Zero };
        var progress = host.ProgressOf(header.Id);
        var state = StateOf(fold, host.IsRunning(header.Id));
        return new SessionSummary
        {
            Id = header.Id,
            Agent = header.Agent,
            Name = header.Name,
            State = state,
            Phase = PhaseOf(fold, state, progress),
            Revision = plan.Revision,
            Goal = plan.Goal,
            Seed = plan.Seed,
            Round = fold.Round,
            Candidates = fold.Candidates.Count - 1,
            Pruned = fold.Candidates.Values.Count(candidate => candidate.DominatedBy is not null),
            Runs = Math.Max(fold.Runs, progress.Cases),
            Budget = plan.Budget,
            Spent = money.Spent,
            Reserved = money.Reserved,
            Frontier = [.. SearchFrontier.Of(fold).Select(candidate => new FrontierSketch(
                candidate.Id, candidate.PassRate!.Value, candidate.CostPerRequest!.Value, candidate.Cases,
                candidate.Edits.Length == 0 ? "baseline" : string.Join(" + ", candidate.Edits.Select(edit => edit.Title))))],
            LastDecision = progress.Decision,
            Code = fold.Failure?.Code,
            Reason = fold.Failure?.Reason ?? progress.Fault?.Reason ?? fold.Stop?.Reason,
            Fix = fold.Failure?.Fix ?? progress.Fault?.Fix ?? (state == SessionState.Interrupted ? "Go on with 'espalier optimize --resume'." : null),
            CreatedAt = header.CreatedAt,
        };
    }

    private static SessionState StateOf(SessionFold fold, bool running) => fold switch
    {
        { Points: not null } => SessionState.Completed,
        { Failure: not null } when !running => SessionState.Failed,
        _ => running ? SessionState.Running : SessionState.Interrupted,
    };

    private static string PhaseOf(SessionFold fold, SessionState state, SessionProgress progress) => state switch
    {
        SessionState.Completed => "completed",
        SessionState.Failed => "failed",
        SessionState.Interrupted => "interrupted",
        _ => progress.Phase ?? (fold.Shortlist is not null ? "confirming" : "starting"),
    };
}
