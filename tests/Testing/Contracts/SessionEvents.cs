using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;

namespace Espalier.Testing.Contracts;

/// <summary>One event of each kind with every member set, for round trips.</summary>
public static class SessionEvents
{
    private static readonly VersionId A = new(new string('a', 40));
    private static readonly VersionId B = new(new string('b', 40));

    private static readonly Edit Edit = new()
    {
        Id = "edit_1",
        Kind = "model",
        Target = "models.yaml#triage",
        Operation = "swap",
        Payload = """{"model":"local/word-nn"}""",
        Title = "use local/word-nn for slot triage",
        Rationale = "costs 1/10",
    };

    public static IReadOnlyList<SessionEvent> OneOfEach { get; } =
    [
        new SessionEvent.Started(
            new SessionPlan
            {
                Agent = "support",
                Revision = new RevisionId("rev_1"),
                Goal = Goal.Improvement,
                Seed = 7,
                Budget = new Usd(2_000_000_000),
                Models = ["local/word-nn", "local/char-nn"],
            },
            Version(A, null)),
        new SessionEvent.CandidateProposed(Version(B, A), A, Edit, "catalog", 1),
        new SessionEvent.EditRefused(A, Edit, "catalog", 1, "frozen path"),
        new SessionEvent.BlockEvaluated(
            B, Split.Confirm, 0,
            [
                new EvidenceRow { Case = new CaseId("case_1"), Replicate = 0, Outcome = "failed/provider", Reason = "503" },
                new EvidenceRow
                {
                    Case = new CaseId("case_2"),
                    Replicate = 0,
                    Pass = true,
                    Score = 1.0 / 3,
                    Cost = new Usd(12_345),
                    InputTokens = 10,
                    OutputTokens = 2,
                    Outcome = "completed",
                    Reason = "right",
                    Output = "card_arrival ä 漢",
                },
            ]),
        new SessionEvent.EvaluationStopped(B, 40, "futile"),
        new SessionEvent.CandidatePruned(B, A, 0.97),
        new SessionEvent.CandidateRevived(B),
        new SessionEvent.RoundCompleted(1, [A, B], 0.1 + 0.2),
        new SessionEvent.SearchStopped("stall", "three rounds"),
        new SessionEvent.Shortlisted([A, B]),
        new SessionEvent.SessionCompleted(
        [
            new FrontierPoint
            {
                Version = B,
                IsBaseline = false,
                OnFrontier = true,
                Cases = 40,
                PassRate = new Interval(0.8, 0.7, 0.9),
                CostPerRequest = new Usd(100),
                CostLow = new Usd(90),
                CostHigh = new Usd(110),
                Difference = new Interval(0.3, 0.2, 0.4),
                Wins = 12,
                Losses = 1,
                Edits = [Edit],
            },
        ]),
        new SessionEvent.SessionFailed("disk-full", "disk full", "free space", Resumable: true),
    ];

    private static AgentVersion Version(VersionId id, VersionId? parent) =>
        new() { Agent = "support", Id = id, Tree = new TreeId(new string('c', 40)), Parent = parent, Title = "first" };
}
