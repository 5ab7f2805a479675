using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;
using Espalier.Core.Search;
using Espalier.Core.Tests.Search.World;

namespace Espalier.Core.Tests.Search;

/// <summary>Budgets hold, and whatever goes wrong ends with one clear event.</summary>
public sealed class SessionFailureTests
{
    [Theory]
    [InlineData("0.0000001")]
    [InlineData("0.0002")]
    [InlineData("0.002")]
    [InlineData("0.004")]
    [InlineData("0.008")]
    [InlineData("0.012")]
    [InlineData("0.02")]
    [InlineData("0.05")]
    public async Task RunAsync_AnyBudget_IsNeverExceededAndEndsWithAClearEvent(string budget)
    {
        var plan = SessionWorld.Plan(budget: budget);
        var world = await SessionWorld.CreateAsync(plan);
        var ended = await world.RunAsync();

        var session = await world.LineAsync(SessionLines.Session(SessionWorld.Session));
        var search = await world.LineAsync(SessionLines.Search(SessionWorld.Session));
        var confirm = await world.LineAsync(SessionLines.Confirm(SessionWorld.Session));
        (session.Spent <= plan.Budget).ShouldBeTrue();
        (search.Spent <= search.Limit!.Value).ShouldBeTrue();
        (confirm.Spent <= confirm.Limit!.Value).ShouldBeTrue();
        (search.Limit!.Value + confirm.Limit!.Value).ShouldBe(plan.Budget);
        session.Spent.ShouldBe(search.Spent + confirm.Spent);
        session.Reserved.ShouldBe(Usd.Zero);
        ended.HasEnded.ShouldBeTrue();
        if (ended.Failure is { } failure)
        {
            failure.Code.ShouldBe(SessionFailureCodes.BudgetSpent);
            failure.Reason.ShouldContain("budget");
            failure.Fix.ShouldContain("--budget");
            failure.Resumable.ShouldBeFalse();
        }
        else
        {
            ended.Stop!.Rule.ShouldBeOneOf("budget", "stall", "rounds", "exhausted");
            ended.Points!.ShouldContain(point => point.IsBaseline);
        }
    }

    [Theory]
    [InlineData("0.004")]
    [InlineData("0.009")]
    [InlineData("0.015")]
    public async Task RunAsync_BudgetThatEndsTheSearch_WritesTheSameLogWithAndWithoutACache(string budget)
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(budget: budget));
        await world.RunAsync();
        var log = await world.LogAsync();
        var second = new SessionId("ses_2");
        await world.Sessions.CreateAsync(new SessionHeader(second, TriageAgent.Name, null, world.Time.GetUtcNow()), TestContext.Current.CancellationToken);
        await world.Sessions.AppendAsync(second, 1, (await world.EventsAsync())[0], world.Time.GetUtcNow(), TestContext.Current.CancellationToken);
        await world.RunAsync(session: second);
        await world.LogShouldBeAsync(log, session: second);
        log.ShouldNotContain("ses_");
    }

    [Fact]
    public async Task RunAsync_VersionTooDearForWhatIsLeft_IsStoppedAndTheSearchGoesOnWithOthers()
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(seed: 2, budget: "0.15"));
        await world.RunAsync();
        var events = (await world.EventsAsync()).ToList();
        var stopped = events.FindIndex(one => one is SessionEvent.EvaluationStopped { Reason: var reason } && reason.Contains("do not fit", StringComparison.Ordinal));
        stopped.ShouldBeGreaterThan(0);
        events.Skip(stopped).OfType<SessionEvent.BlockEvaluated>().ShouldContain(block => block.Split == Split.Search);
        events.OfType<SessionEvent.SearchStopped>().ShouldHaveSingleItem().Rule.ShouldBe("budget");
    }

    [Fact]
    public async Task RunAsync_BrokenBaseline_FailsWithReasonAndFixAfterTheSmokeBlock()
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan());
        world.Runner.Before = (_, _) => new Outcome.Failed(Boundary.Agent, "The agent ended with exit code 127.", "sh: python4: not found");
        var failure = (await world.RunAsync()).Failure.ShouldNotBeNull();
        failure.Code.ShouldBe(SessionFailureCodes.BaselineBroken);
        failure.Reason.ShouldContain("exit code 127");
        failure.Reason.ShouldContain("baseline");
        failure.Fix.ShouldContain("espalier doctor");
        failure.Resumable.ShouldBeFalse();
        world.Runner.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task RunAsync_ProviderDownForAllOfTheBaseline_FailsWithItsWords()
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(maxRounds: 1));
        world.Runner.Before = (_, _) => new Outcome.Failed(Boundary.Provider, "The provider failed: 503.", "");
        var failure = (await world.RunAsync()).Failure.ShouldNotBeNull();
        failure.Reason.ShouldContain("503");
        world.Runner.Requests.Count.ShouldBe(4, "trying again is the runner's own");
    }

    [Fact]
    public async Task RunAsync_NoConfirmCases_FailsBeforeAnythingIsSpent()
    {
        var cases = TriageCases.Make(60).Where(one => one.Split != Split.Confirm).ToList();
        await ShouldFailUnspentAsync(cases, "confirm");
    }

    [Fact]
    public async Task RunAsync_NoSearchCases_FailsBeforeAnythingIsSpent()
    {
        var cases = TriageCases.Make(60).Where(one => one.Split != Split.Search).ToList();
        await ShouldFailUnspentAsync(cases, "search");
    }

    [Fact]
    public async Task RunAsync_NoVerdictForTheBaseline_FailsWithTheJudgesWords()
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(), TriageCases.Make(60, references: false));
        var failure = (await world.RunAsync()).Failure.ShouldNotBeNull();
        failure.Code.ShouldBe(SessionFailureCodes.BaselineNotJudged);
        failure.Reason.ShouldContain("the case has no reference answer");
    }

    [Fact]
    public async Task RunAsync_UnknownCostOfTheBaseline_FailsAndSaysSo()
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan());
        world.Runner.Bill = (_, _) => null;
        var failure = (await world.RunAsync()).Failure.ShouldNotBeNull();
        failure.Code.ShouldBe(SessionFailureCodes.BaselineCostUnknown);
        failure.Reason.ShouldContain("cost");
        failure.Fix.ShouldContain("price");
    }

    [Fact]
    public async Task RunAsync_OneLostBillAndAFewLostRuns_GoesOn()
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(maxRounds: 3));
        var lost = world.Cases.Where((_, i) => i % 31 == 0).Select(one => one.Id).ToHashSet();
        var unbilled = world.Cases.Where((_, i) => i % 37 == 5).Select(one => one.Id).ToHashSet();
        world.Runner.Before = (_, request) => lost.Contains(request.Case!.Value) ? new Outcome.Failed(Boundary.Provider, "503", "") : null;
        world.Runner.Bill = (request, cost) => unbilled.Contains(request.Case!.Value) ? null : cost;
        var ended = await world.RunAsync();
        ended.Points.ShouldNotBeNull();
        ended.Points.Count.ShouldBeGreaterThan(1);
        ended.BaselineCandidate.CostPerRequest.ShouldNotBeNull();
        // A verdict counts whether or not its bill came; a lost run is no verdict.
        var confirm = world.Cases.Where(one => one.Split == Split.Confirm).ToList();
        ended.Points.ShouldAllBe(point => point.Cases == confirm.Count(one => !lost.Contains(one.Id)));
    }

    [Theory]
    [InlineData(18)]
    [InlineData(26)]
    [InlineData(40)]
    public async Task RunAsync_TinyDataset_EndsWithNumbers(int cases)
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(maxRounds: 4), TriageCases.Make(cases));
        var ended = await world.RunAsync();
        ended.Points.ShouldNotBeNull();
        foreach (var point in ended.Points)
        {
            point.PassRate.Low.ShouldBeGreaterThanOrEqualTo(0);
            double.IsFinite(point.Difference.Value).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task RunAsync_FreeModels_EndsWithNumbers()
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(maxRounds: 3));
        world.Runner.Bill = (_, _) => Usd.Zero;
        var ended = await world.RunAsync();
        ended.Points.ShouldNotBeNull();
        (await world.EventsAsync()).OfType<SessionEvent.RoundCompleted>().ShouldAllBe(round => double.IsFinite(round.Hypervolume));
    }

    [Fact]
    public async Task RunAsync_AgentWithoutSlots_StillEnds()
    {
        var files = TriageAgent.Files(TriageAgent.Contract.Replace("  models: [models.yaml]\n", "", StringComparison.Ordinal));
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(maxRounds: 10), files: files);
        var ended = await world.RunAsync();
        ended.Points.ShouldNotBeNull();
        ended.InOrder.SelectMany(candidate => candidate.Edits).ShouldAllBe(edit => edit.Kind == "examples" || edit.Kind == "instruction" || edit.Kind == "context");
    }

    private static async Task ShouldFailUnspentAsync(IReadOnlyList<Case> cases, string split)
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(), cases);
        SessionFold ended = await world.RunAsync();
        ended.Failure.ShouldNotBeNull().Reason.ShouldContain($"no {split} cases");
        ended.Failure.Code.ShouldBe("dataset-too-small");
        ended.Failure.Fix.ShouldContain("espalier datasets");
        world.Runner.Requests.ShouldBeEmpty();
    }
}
