using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Cli.Tests.Fakes;

/// <summary>One of each noun, for the fake server to answer with.</summary>
internal static class FakeData
{
    public const string Digest = "digest-1";

    private static readonly TraceId SomeTrace = new("0af7651916cd43dd8448eb211c80319c");
    private static readonly VersionId SomeVersion = new(FakeServer.Sha);

    public static DatasetRevision Revision { get; } = new()
    {
        Id = new RevisionId("rev_1"), Dataset = "traffic", Agent = "support-triage", CreatedAt = DateTimeOffset.UnixEpoch,
        Search = 60, Confirm = 25, Vault = 15, LeftOut = new Dictionary<string, int> { ["near-duplicate"] = 2 },
    };

    public static Contracts.Datasets.Case Case { get; } = new()
    {
        Id = new CaseId("case_1"), Input = "where is my parcel", Reference = "order_status", Group = "c-1", Split = Split.Search, Sources = ["traffic"],
    };

    public static DoctorReport Doctor { get; } = new()
    {
        Checks = [new DoctorCheck("sandbox", true, "bubblewrap 0.8", null), new DoctorCheck("trace store", true, "answers", null)],
    };

    public static Evaluation Evaluation { get; } = new()
    {
        Agent = "support-triage", Version = SomeVersion, Revision = Revision.Id, Split = Split.Search, PassRate = new Interval(0.5, 0.4, 0.6),
        CostPerRequest = new Usd(40_000), Rows = [.. Enumerable.Range(0, 60).Select(i => Row($"case_{i}", i % 2 == 0))],
    };

    public static Trace Trace { get; } = TraceOf(
        new Span
        {
            TraceId = SomeTrace, SpanId = new SpanId("b7ad6b7169203331"), Kind = SpanKind.Attempt, Name = "attempt", Start = DateTimeOffset.UnixEpoch,
            Duration = TimeSpan.FromMilliseconds(5), Agent = "support-triage", Purpose = Purpose.Production, Model = "local/char-nn", Cost = new Usd(40_000),
        });

    public static AgentSummary Agent(string name) => new()
    {
        Agent = name, Source = "/agents/" + name, Head = SomeVersion, Production = SomeVersion,
        Contract = new AgentContract
        {
            Agent = name,
            Run = new RunContract { Command = "python3 agent.py", Protocol = RunProtocol.Jsonl, Timeout = TimeSpan.FromSeconds(20), MemoryBytes = 1 << 29, Environment = new Dictionary<string, string>() },
            Artifacts = new Dictionary<string, IReadOnlyList<string>> { ["prompt"] = ["prompts/**"] },
            Frozen = ["espalier.yaml"],
            Judge = new JudgeContract { Expected = "normalised" },
            Budget = new BudgetContract { Session = Usd.FromDollars(2), Run = Usd.FromDollars(0.05m) },
        },
    };

    public static SessionSummary Session(SessionState state) => new()
    {
        Id = new SessionId("ses_01hzy"), Agent = "support-triage", Name = "demo", State = state, Phase = "searching, round 3", Revision = Revision.Id,
        Goal = Goal.Improvement, Seed = 1, Round = 3, Candidates = 9, Pruned = 2, Runs = 640, Budget = Usd.FromDollars(2), Spent = Usd.FromDollars(0.4m),
        Reserved = Usd.Zero, Frontier = [new FrontierSketch(SomeVersion, 0.6, new Usd(40_000), 60, "baseline")], LastDecision = "keep examples", CreatedAt = DateTimeOffset.UnixEpoch,
    };

    public static StoredSessionEvent Event(int sequence) => new(sequence, DateTimeOffset.UnixEpoch, new SessionEvent.RoundCompleted(sequence, [SomeVersion], 0.1));

    public static Release Release(ReleaseState state) => new()
    {
        Id = new ReleaseId("rel_1"), Agent = "support-triage", Version = SomeVersion, Baseline = SomeVersion, State = state, Digest = Digest, At = DateTimeOffset.UnixEpoch,
    };

    public static ToolApproval Approval(ApprovalState state) => new()
    {
        Id = "appr_1", Agent = "support-triage", Guardrail = "money", Tool = "refund", Arguments = "{\"amount\":5,\"note\":\"\u001b[31mred\"}", State = state, Asked = DateTimeOffset.UnixEpoch,
        Expires = state == ApprovalState.Pending ? null : DateTimeOffset.UnixEpoch.AddHours(1), Valid = TimeSpan.FromHours(1), Uses = 1, UsesLeft = state == ApprovalState.Approved ? 1 : 0,
    };

    public static AgentCallSite CallSite(string agent) => new()
    {
        Agent = agent, Name = "triage", Fingerprint = "0123456789ab", Named = true, Template = "Sort \u001b[31mthe request", Tools = ["refund"], Calls = 12,
        FirstSeen = DateTimeOffset.UnixEpoch, LastSeen = DateTimeOffset.UnixEpoch,
    };

    public static InvokeAnswer Answer(string output) => new()
    {
        TraceId = SomeTrace, Version = SomeVersion, Output = output, Outcome = new Outcome.Completed(output), Cost = new Usd(40_000), Duration = TimeSpan.FromMilliseconds(12),
    };

    public static Problem Problem(int status, string code) => new()
    {
        Type = $"/problems/{code}", Title = $"This is {code}.", Status = status, Detail = "Do something else.", RequestId = "req-7",
    };

    private static EvidenceRow Row(string id, bool pass) => new()
    {
        Case = new CaseId(id), Replicate = 0, Pass = pass, Cost = new Usd(40_000), Outcome = "completed", Reason = pass ? "as expected" : "expected a, got b",
    };

    private static Trace TraceOf(Span span) => new()
    {
        Summary = new TraceSummary
        {
            TraceId = SomeTrace, Start = DateTimeOffset.UnixEpoch, Duration = TimeSpan.FromMilliseconds(20), Agent = "support-triage", Version = SomeVersion,
            Purpose = Purpose.Production, Input = "where is \u001b[31mmy parcel", Output = "order_status", Cost = new Usd(40_000), Attempts = 1,
            Usage = new TokenUsage { InputUncached = 300, OutputText = 3 }, Feedback = [],
        },
        Facts = new TraceFacts
        {
            TraceId = SomeTrace, Root = span.SpanId, Start = span.Start, Duration = span.Duration, Spans = 1, Agent = span.Agent, Agents = [], Purpose = span.Purpose,
            ModelCalls = [], EmbeddingCalls = [], Attempts = 1, Usage = new TokenUsage(), IsUsageComplete = true, UnpricedCalls = 0, ToolCalls = [], Retrievals = [],
            Handoffs = [], Guardrails = [], ErrorSpans = [], IsIncomplete = false, Conflicts = [],
        },
        Spans = [span],
    };
}
