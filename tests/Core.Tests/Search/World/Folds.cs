using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Search;
using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Search.World;

/// <summary>Session states put together from events, with evidence as the test says it is.</summary>
internal sealed class Folds
{
    public Folds(SessionPlan? plan = null)
    {
        State = SessionFold.Empty.Apply(new SessionEvent.Started(plan ?? SessionWorld.Plan(), Version("baseline", null)));
    }

    public SessionFold State { get; private set; }

    public static VersionId Id(string name) => new(ContentHash.Of(40, name));

    public static CaseId CaseOf(int i) => new($"case_{i:0000}");

    public static Edit Edit(string id, string kind = "model") =>
        new() { Id = id, Kind = kind, Target = $"{kind}.yaml#{id}", Operation = "set", Payload = "{}", Title = $"try {id}", Rationale = "why" };

    /// <summary>Rows on the first cases: + passes, - fails, ? has no verdict.</summary>
    public static IReadOnlyList<EvidenceRow> Rows(string verdicts, Func<int, long?> cost) => [.. verdicts.Select((verdict, i) => new EvidenceRow
    {
        Case = CaseOf(i),
        Replicate = 0,
        Pass = verdict == '?' ? null : verdict == '+',
        Cost = cost(i) is { } nano ? new Usd(nano) : null,
        Outcome = verdict == '?' ? "failed/provider" : "completed",
        Reason = verdict == '?' ? "503" : "judged",
    })];

    public Folds Apply(SessionEvent one)
    {
        State = State.Apply(one);
        return this;
    }

    public Folds Add(string name, string parent = "baseline", Edit? edit = null, int round = 1) =>
        Apply(new SessionEvent.CandidateProposed(Version(name, Id(parent)), Id(parent), edit ?? Edit(name), "catalog", round));

    public Folds Run(string name, string verdicts, long? cost, Split split = Split.Search) => Run(name, verdicts, _ => cost, split);

    public Folds Run(string name, string verdicts, Func<int, long?> cost, Split split = Split.Search)
    {
        var candidate = State.Candidates[Id(name)];
        return Apply(new SessionEvent.BlockEvaluated(Id(name), split, split == Split.Search ? candidate.Blocks : candidate.ConfirmBlocks, Rows(verdicts, cost)));
    }

    public Candidate this[string name] => State.Candidates[Id(name)];

    /// <summary>Verdicts drawn with a pass rate.</summary>
    public static string Draw(Rng rng, int cases, double rate) => string.Concat(Enumerable.Range(0, cases).Select(_ => rng.NextDouble() < rate ? '+' : '-'));

    private static AgentVersion Version(string name, VersionId? parent) =>
        new() { Agent = TriageAgent.Name, Id = Id(name), Tree = new TreeId($"tree of {name}"), Parent = parent, Title = name };
}
