using System.Collections.Concurrent;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Judging;
using Espalier.Core.Judging.Judges.Expected;
using Espalier.Core.Judging.Judges.Rubric;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Testing.Fakes;

namespace Espalier.Core.Tests.Judging;

public sealed class EvaluationRunnerTests
{
    private const string Contract = "agent: a\nrun: { command: ./a }\nartifacts: { prompt: [p.md] }\njudge: { expected: exact }\nbudget: { run: 0.05usd }\n";

    private readonly ScriptedRunner _runner = new();
    private readonly InMemoryRunCache _cache = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EvaluateAsync_RunsThatEndOutOfOrder_GiveRowsInTheOrderOfTheCases()
    {
        var gates = new ConcurrentDictionary<string, TaskCompletionSource>();
        _runner.Answer = async request =>
        {
            // Each waits for the one after it, in pairs.
            var i = int.Parse(request.Input, System.Globalization.CultureInfo.InvariantCulture);
            var own = gates.GetOrAdd(request.Input, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
            var next = gates.GetOrAdd($"{i + 1}", _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
            if (i % 2 == 0) await next.Task;
            own.TrySetResult();
            return new Outcome.Completed($"r{i}");
        };
        var seen = new ConcurrentBag<EvidenceRow>();
        var evaluation = await EvaluateAsync(Cases(8), seen.Add, parallelism: 2);
        evaluation.Exhausted.ShouldBeNull();
        evaluation.Rows.Select(row => row.Case).ShouldBe(Cases(8).Select(one => one.Id));
        evaluation.Rows.ShouldAllBe(row => row.Pass == true && row.Score == 1 && row.Outcome == "completed" && row.Reason == "as expected");
        seen.Count.ShouldBe(8);
    }

    [Fact]
    public async Task EvaluateAsync_Requests_CarryWhatTheGatewayAndTheCacheNeed()
    {
        await EvaluateAsync(Cases(1));
        var request = _runner.Requests.ShouldHaveSingleItem();
        request.Purpose.ShouldBe(Purpose.Evaluation);
        request.Budget.ShouldBe(new BudgetId("evaluation/1"));
        request.Session.ShouldBe("ses_1");
        (request.Conversation, request.ExcludedGroup).ShouldBe(("g0", "g0"));
        request.Key.ShouldBe(RunKeys.Of(new TreeId("tree"), new CaseId("case_0"), 0, "prices-1"));
    }

    [Theory]
    [InlineData("completed right", true, "completed", "as expected")]
    [InlineData("completed wrong", false, "completed", "expected r0, got wrong")]
    [InlineData("timed out", false, "timed_out", "no answer within 60 s")]
    [InlineData("over its own limit", false, "over_budget", "this run spent 0.05")]
    [InlineData("agent", false, "failed/agent", "exit code 1")]
    [InlineData("provider", null, "failed/provider", "503")]
    [InlineData("tool", null, "failed/tool", "no tool")]
    [InlineData("sandbox", null, "failed/sandbox", "no bwrap")]
    [InlineData("judge", null, "failed/judge", "judge down")]
    public async Task EvaluateAsync_EachOutcome_GivesItsRow(string ended, bool? pass, string word, string reason)
    {
        _runner.Answer = _ => Task.FromResult<Outcome>(ended switch
        {
            "completed right" => new Outcome.Completed("r0"),
            "completed wrong" => new Outcome.Completed("wrong"),
            "timed out" => new Outcome.TimedOut(TimeSpan.FromSeconds(60)),
            "over its own limit" => new Outcome.OverBudget(Usd.FromDollars(0.05m), "this run spent 0.05", null),
            "agent" => new Outcome.Failed(Boundary.Agent, "exit code 1", "trace"),
            "provider" => new Outcome.Failed(Boundary.Provider, "503", ""),
            "tool" => new Outcome.Failed(Boundary.Tool, "no tool", ""),
            "sandbox" => new Outcome.Failed(Boundary.Sandbox, "no bwrap", ""),
            _ => new Outcome.Failed(Boundary.Judge, "judge down", ""),
        });
        var evaluation = await EvaluateAsync(Cases(1));
        evaluation.Exhausted.ShouldBeNull();
        var row = evaluation.Rows.ShouldHaveSingleItem();
        row.Pass.ShouldBe(pass);
        row.Score.ShouldBe(pass is { } known ? (known ? 1 : 0) : null);
        row.Outcome.ShouldBe(word);
        row.Reason.ShouldBe(reason);
        row.Cost.ShouldBe(new Usd(100));
        row.Stderr.ShouldBe(ended == "agent" ? "trace" : null);
        _runner.Requests.Count.ShouldBe(1);
        _cache.Count.ShouldBe(ended is "completed right" or "completed wrong" or "agent" ? 1 : 0);
    }

    [Fact]
    public async Task EvaluateAsync_CachedCases_AreNotRunAgainAndGiveTheSameRows()
    {
        var first = await EvaluateAsync(Cases(6));
        _runner.Requests.Count.ShouldBe(6);
        var second = await EvaluateAsync(Cases(8));
        _runner.Requests.Count.ShouldBe(8);
        second.Rows.Take(6).ShouldBe(first.Rows);
    }

    [Fact]
    public async Task EvaluateAsync_SpentLine_StopsAndSaysWhy()
    {
        _runner.Answer = request => Task.FromResult<Outcome>(request.Input is "0" or "1" or "2"
            ? new Outcome.Completed("x")
            : new Outcome.OverBudget(Usd.FromDollars(0.05m), "evaluation/1 is full", new BudgetId("evaluation/1")));
        var evaluation = await EvaluateAsync(Cases(100), parallelism: 4);
        evaluation.Exhausted.ShouldBe("evaluation/1 is full");
        evaluation.Rows.Count.ShouldBe(3);
        _runner.Requests.Count.ShouldBeLessThan(12, "nothing more is asked for once the line is full");
    }

    [Fact]
    public async Task EvaluateAsync_LineFullOfReservationsOfItsOwnRuns_FinishesOneByOne()
    {
        // Refused while another run is in flight, as when each reserves more than it needs.
        var inFlight = 0;
        _runner.Answer = async _ =>
        {
            var others = Interlocked.Increment(ref inFlight) - 1;
            await Task.Yield();
            await Task.Yield();
            Interlocked.Decrement(ref inFlight);
            return others > 0 ? new Outcome.OverBudget(new Usd(1), "full of reservations", new BudgetId("evaluation/1")) : new Outcome.Completed("x");
        };
        var evaluation = await EvaluateAsync(Cases(40), parallelism: 4);
        evaluation.Exhausted.ShouldBeNull();
        evaluation.Rows.Select(row => row.Case).ShouldBe(Cases(40).Select(one => one.Id));
    }

    [Fact]
    public async Task EvaluateAsync_NoReference_IsNoVerdict()
    {
        var row = (await EvaluateAsync([Cases(1)[0] with { Reference = null }])).Rows[0];
        (row.Pass, row.Score).ShouldBe((null, null));
        row.Reason.ShouldBe("the case has no reference answer");
    }

    [Fact]
    public async Task EvaluateAsync_LongOutput_IsCutInTheRow()
    {
        _runner.Answer = _ => Task.FromResult<Outcome>(new Outcome.Completed(new string('x', 10_000)));
        (await EvaluateAsync(Cases(1))).Rows[0].Output!.Length.ShouldBe(500);
    }

    [Fact]
    public async Task EvaluateAsync_RefusingJudge_EndsWithItsRefusal()
    {
        var contract = ContractReader.Read(Contract.Replace("expected: exact", "rubric: rubric.md", StringComparison.Ordinal));
        (await Should.ThrowAsync<Refusal>(() => EvaluateAsync(Cases(5), contract: contract))).Code.ShouldBe("judge-unavailable");
    }

    [Fact]
    public async Task EvaluateAsync_Cancelled_StartsNoFurtherRun()
    {
        using var stop = new CancellationTokenSource();
        _runner.Answer = _ =>
        {
            stop.Cancel();
            return Task.FromResult<Outcome>(new Outcome.Completed("x"));
        };
        await Should.ThrowAsync<OperationCanceledException>(() => EvaluateAsync(Cases(50), parallelism: 1, cancellationToken: stop.Token));
        _runner.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("", "expected r0, got nothing")]
    [InlineData("wrong", "expected r0, got wrong")]
    public async Task ExpectedJudge_WrongAnswer_SaysBoth(string output, string reason)
    {
        var verdict = await new ExpectedJudge().JudgeAsync(
            new JudgeRequest { Agent = "a", Contract = ContractReader.Read(Contract), Files = Version, Case = Cases(1)[0], Output = output }, Cancellation);
        verdict.ShouldBe(new Verdict { Score = 0, Pass = false, Reason = reason, Judge = "expected/exact" });
        var longest = await new ExpectedJudge().JudgeAsync(
            new JudgeRequest { Agent = "a", Contract = ContractReader.Read(Contract), Files = Version, Case = Cases(1)[0], Output = new string('x', 10_000) }, Cancellation);
        longest.Reason.Length.ShouldBeLessThan(200);
    }

    [Fact]
    public void For_ContractOfEachJudge_PicksIt()
    {
        var selector = new JudgeSelector([new ExpectedJudge(), new RubricJudge()]);
        var contract = ContractReader.Read(Contract);
        selector.For(contract).Name.ShouldBe("expected");
        selector.For(contract with { Judge = new JudgeContract { Rubric = "r.md" } }).Name.ShouldBe("rubric");
        Should.Throw<Refusal>(() => selector.For(contract with { Judge = new JudgeContract { Verifier = "./v" } })).Fix.ShouldBe("Use one of expected, rubric.");
    }

    private static readonly AgentVersion Version = new() { Agent = "a", Id = new VersionId("v"), Tree = new TreeId("tree"), Title = "t" };

    private static List<Case> Cases(int count) => [.. Enumerable.Range(0, count).Select(i => new Case
    {
        Id = new CaseId($"case_{i}"), Input = $"{i}", Reference = $"r{i}", Group = $"g{i}", Split = Split.Search, Sources = ["import"],
    })];

    private Task<CaseEvaluation> EvaluateAsync(
        IReadOnlyList<Case> cases, Action<EvidenceRow>? onRow = null, int parallelism = 3, AgentContract? contract = null, CancellationToken? cancellationToken = null) =>
        new EvaluationRunner(_runner, _cache, new Prices(), new JudgeSelector([new ExpectedJudge(), new RubricJudge()]), new RunsOptions { Parallelism = parallelism }, new ProviderPace(new RunsOptions { Parallelism = parallelism }, TimeProvider.System)).EvaluateAsync(
            new EvaluationOrder
            {
                Version = Version, Contract = contract ?? ContractReader.Read(Contract), JudgeFiles = Version, Cases = cases, Budget = new BudgetId("evaluation/1"), Session = "ses_1",
            },
            onRow, cancellationToken ?? Cancellation);

    private sealed class Prices : IModelCatalog
    {
        public string PriceTable => "prices-1";

        public IReadOnlyList<PricedModel> List() => [];

        public PricedModel? Find(string name) => null;
    }

    private sealed class ScriptedRunner : IRunner
    {
        public ConcurrentQueue<RunRequest> Requests { get; } = new();

        public Func<RunRequest, Task<Outcome>> Answer { get; set; } = request => Task.FromResult<Outcome>(new Outcome.Completed($"r{request.Input}"));

        public Task CoolAsync(string agent, VersionId version, CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task<Run> RunAsync(RunRequest request, CancellationToken cancellationToken)
        {
            Requests.Enqueue(request);
            return new Run
            {
                Key = request.Key,
                Version = request.Version.Id,
                Case = request.Case,
                TraceId = new TraceId(new string('1', 32)),
                Outcome = await Answer(request),
                Usage = new RunUsage { Calls = 1, Attempts = 1, InputTokens = 10, OutputTokens = 1, Cost = new Usd(100) },
                Duration = TimeSpan.FromSeconds(1),
            };
        }
    }
}
