using System.Text.Json.Serialization;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Search;

/// <summary>One thing that happened in a session. Two runs with one seed give the same events in the same order.</summary>
/// <remarks>So nothing here may depend on time, on random ids or on what was in a cache; costs are what the runs cost when they were run.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Started), "started")]
[JsonDerivedType(typeof(CandidateProposed), "candidate_proposed")]
[JsonDerivedType(typeof(EditRefused), "edit_refused")]
[JsonDerivedType(typeof(BlockEvaluated), "block_evaluated")]
[JsonDerivedType(typeof(EvaluationStopped), "evaluation_stopped")]
[JsonDerivedType(typeof(CandidatePruned), "candidate_pruned")]
[JsonDerivedType(typeof(CandidateRevived), "candidate_revived")]
[JsonDerivedType(typeof(RoundCompleted), "round_completed")]
[JsonDerivedType(typeof(SearchStopped), "search_stopped")]
[JsonDerivedType(typeof(Shortlisted), "shortlisted")]
[JsonDerivedType(typeof(SessionCompleted), "completed")]
[JsonDerivedType(typeof(SessionFailed), "failed")]
public abstract record SessionEvent
{
    private SessionEvent() { }

    /// <param name="Plan">Everything that decides what the search will do.</param>
    /// <param name="Baseline">The candidate that every other one descends from.</param>
    public sealed record Started(SessionPlan Plan, AgentVersion Baseline) : SessionEvent;

    /// <summary>A candidate came to be: one more edit on its parent.</summary>
    public sealed record CandidateProposed(AgentVersion Version, VersionId Parent, Edit Edit, string Proposer, int Round) : SessionEvent;

    /// <summary>An edit that was proposed and not made, and why.</summary>
    public sealed record EditRefused(VersionId Parent, Edit Edit, string Proposer, int Round, string Reason) : SessionEvent;

    /// <summary>Evidence rows: append-only, and all estimates are functions of them.</summary>
    public sealed record BlockEvaluated(VersionId Version, Split Split, int Block, IReadOnlyList<EvidenceRow> Rows) : SessionEvent;

    /// <summary>A candidate got no further block, because more money would not change the decision.</summary>
    public sealed record EvaluationStopped(VersionId Version, int Cases, string Reason) : SessionEvent;

    public sealed record CandidatePruned(VersionId Version, VersionId DominatedBy, double Probability) : SessionEvent;

    public sealed record CandidateRevived(VersionId Version) : SessionEvent;

    public sealed record RoundCompleted(int Round, IReadOnlyList<VersionId> Frontier, double Hypervolume) : SessionEvent;

    /// <param name="Rule">Which rule fired: <c>budget</c>, <c>stall</c>, <c>exhausted</c>, <c>stopped</c>.</param>
    public sealed record SearchStopped(string Rule, string Reason) : SessionEvent;

    /// <summary>The candidates that go to the confirm split; frozen before any of its cases is run.</summary>
    public sealed record Shortlisted(IReadOnlyList<VersionId> Versions) : SessionEvent;

    public sealed record SessionCompleted(IReadOnlyList<FrontierPoint> Points) : SessionEvent;

    /// <param name="Code">The cause, stable: one of <see cref="SessionFailureCodes"/> or a refusal's; null in logs older than codes.</param>
    /// <param name="Reason">What happened.</param>
    /// <param name="Fix">What to do about it.</param>
    /// <param name="Resumable">True when <c>optimize --resume</c> can go on from here.</param>
    public sealed record SessionFailed(string? Code, string Reason, string Fix, bool Resumable) : SessionEvent;
}

/// <summary>An event with its place in the log.</summary>
public sealed record StoredSessionEvent(int Sequence, DateTimeOffset At, SessionEvent Event);
