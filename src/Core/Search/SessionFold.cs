using System.Collections.Immutable;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;

namespace Espalier.Core.Search;

/// <summary>The state of a session: nothing but a fold of its events, so that a killed process picks up where the log ends.</summary>
public sealed record SessionFold
{
    public static SessionFold Empty { get; } = new();

    public int Events { get; private init; }

    public SessionPlan? Plan { get; private init; }

    public VersionId Baseline { get; private init; }

    public ImmutableDictionary<VersionId, Candidate> Candidates { get; private init; } = ImmutableDictionary<VersionId, Candidate>.Empty;

    /// <summary>The trees of all candidates: an edit that leads to one of them makes no new version.</summary>
    public ImmutableDictionary<TreeId, VersionId> Trees { get; private init; } = ImmutableDictionary<TreeId, VersionId>.Empty;

    /// <summary>Edits that were tried on a parent, made or refused.</summary>
    public ImmutableHashSet<(VersionId Parent, string Edit)> Tried { get; private init; } = [];

    public ImmutableList<SessionEvent.EditRefused> Refused { get; private init; } = [];

    /// <summary>Completed rounds.</summary>
    public int Round { get; private init; }

    /// <summary>The state when the running round made its first proposal, null before that: proposals are a function of it, so that a
    /// resumed round proposes the same.</summary>
    public SessionFold? RoundStart { get; private init; }

    public ImmutableList<double> Hypervolumes { get; private init; } = [];

    public SessionEvent.SearchStopped? Stop { get; private init; }

    public IReadOnlyList<VersionId>? Shortlist { get; private init; }

    public IReadOnlyList<FrontierPoint>? Points { get; private init; }

    public SessionEvent.SessionFailed? Failure { get; private init; }

    /// <summary>What the runs of the search cost when they were run; a cached run counts like a paid one, so that plans repeat.</summary>
    public Usd SearchCost { get; private init; }

    public Usd ConfirmCost { get; private init; }

    public int Runs { get; private init; }

    public bool HasEnded => Points is not null || Failure is { Resumable: false };

    public IEnumerable<Candidate> InOrder => Candidates.Values.OrderBy(candidate => candidate.Index);

    public Candidate BaselineCandidate => Candidates[Baseline];

    public SessionFold Apply(SessionEvent sessionEvent)
    {
        var next = this with { Events = Events + 1, Failure = null };
        return sessionEvent switch
        {
            SessionEvent.Started e => next.Begin(e),
            SessionEvent.CandidateProposed e => next.Add(e, this),
            SessionEvent.EditRefused e => next with { RoundStart = RoundStart ?? this, Tried = Tried.Add((e.Parent, e.Edit.Id)), Refused = Refused.Add(e) },
            SessionEvent.BlockEvaluated e => next.Record(e),
            SessionEvent.EvaluationStopped e => next.Change(e.Version, candidate => candidate with { Stopped = e.Reason }),
            SessionEvent.CandidatePruned e => next.Change(e.Version, candidate => candidate with { DominatedBy = e.DominatedBy }),
            SessionEvent.CandidateRevived e => next.Change(e.Version, candidate => candidate with { DominatedBy = null }),
            SessionEvent.RoundCompleted e => next.EndRound(e),
            SessionEvent.SearchStopped e => next with { Stop = e },
            SessionEvent.Shortlisted e => next with { Shortlist = e.Versions },
            SessionEvent.SessionCompleted e => next with { Points = e.Points },
            SessionEvent.SessionFailed e => next with { Failure = e },
            _ => throw new InvalidOperationException($"Event {sessionEvent.GetType().Name} is not known to this version of the program."),
        };
    }

    private SessionFold Begin(SessionEvent.Started e) => this with
    {
        Plan = e.Plan,
        Baseline = e.Baseline.Id,
        Candidates = Candidates.Add(e.Baseline.Id, new Candidate { Version = e.Baseline, Index = 0 }),
        Trees = Trees.Add(e.Baseline.Tree, e.Baseline.Id),
    };

    private SessionFold Add(SessionEvent.CandidateProposed e, SessionFold before)
    {
        var parent = Candidates[e.Parent];
        var candidate = new Candidate
        {
            Version = e.Version, Parent = e.Parent, Edits = parent.Edits.Add(e.Edit), Round = e.Round, Index = Candidates.Count,
        };
        return this with
        {
            RoundStart = RoundStart ?? before,
            Candidates = Candidates.SetItem(e.Parent, parent with { Children = parent.Children + 1 }).Add(candidate.Id, candidate),
            Trees = Trees.Add(e.Version.Tree, e.Version.Id),
            Tried = Tried.Add((e.Parent, e.Edit.Id)),
        };
    }

    private SessionFold Record(SessionEvent.BlockEvaluated e)
    {
        var cost = new Usd(e.Rows.Sum(row => row.Cost?.Nano ?? 0));
        var rows = e.Rows.Select(row => KeyValuePair.Create(row.Case, row));
        return e.Split == Split.Search
            ? Change(e.Version, candidate => candidate with { Search = candidate.Search.SetItems(rows), Blocks = e.Block + 1 })
                with { SearchCost = SearchCost + cost, Runs = Runs + e.Rows.Count }
            : Change(e.Version, candidate => candidate with { Confirm = candidate.Confirm.SetItems(rows), ConfirmBlocks = e.Block + 1 })
                with { ConfirmCost = ConfirmCost + cost, Runs = Runs + e.Rows.Count };
    }

    private SessionFold EndRound(SessionEvent.RoundCompleted e) =>
        this with { Round = e.Round, Hypervolumes = Hypervolumes.Add(e.Hypervolume), RoundStart = null };

    private SessionFold Change(VersionId version, Func<Candidate, Candidate> change) =>
        this with { Candidates = Candidates.SetItem(version, change(Candidates[version])) };
}
