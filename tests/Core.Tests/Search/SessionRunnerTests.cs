using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Search;
using Espalier.Core.Agents.Edits.Memory;
using Espalier.Core.Search.Proposers;
using Espalier.Core.Search.Proposers.Catalog;
using Espalier.Core.Tests.Search.World;

namespace Espalier.Core.Tests.Search;

public sealed class SessionRunnerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task RunAsync_PlantedTreasure_IsOnTheConfirmedFrontierAtNoHigherCost(long seed)
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(seed, maxRounds: 12));
        var ended = await world.RunAsync();

        ended.Points.ShouldNotBeNull();
        ended.Stop!.Rule.ShouldBeOneOf("stall", "rounds", "budget");
        var baseline = ended.Points.Single(point => point.IsBaseline);
        var good = ended.Points.Where(point =>
            point.OnFrontier && point.CostPerRequest <= baseline.CostPerRequest && point.PassRate.Value >= baseline.PassRate.Value + 0.2).ToList();
        good.ShouldNotBeEmpty(await world.LogAsync());
        good.ShouldContain(point => point.Edits.Any(edit => edit.Kind == MemoryEdit.Kind) && point.Edits.Count > 1);
        good.ShouldAllBe(point => point.Difference.Low > 0);
        world.Observer.Phases.ShouldContain("measuring the baseline");
        world.Observer.Decisions.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task RunAsync_SameSeedTwice_WritesTheSameLog()
    {
        var first = await SessionWorld.CreateAsync(SessionWorld.Plan());
        await first.RunAsync();
        // Another session, in a world where the runs are cached already.
        var second = new SessionId("ses_2");
        var events = await first.EventsAsync();
        await first.Sessions.CreateAsync(new SessionHeader(second, TriageAgent.Name, null, first.Time.GetUtcNow()), TestContext.Current.CancellationToken);
        await first.Sessions.AppendAsync(second, 1, events[0], first.Time.GetUtcNow(), TestContext.Current.CancellationToken);
        await first.RunAsync(session: second);
        // And one in a world of its own, under another name.
        var third = await SessionWorld.CreateAsync(SessionWorld.Plan(), session: new SessionId("ses_3"));
        await third.RunAsync(session: new SessionId("ses_3"));

        var log = await first.LogAsync();
        await first.LogShouldBeAsync(log, session: second);
        await third.LogShouldBeAsync(log, session: new SessionId("ses_3"));
        log.ShouldNotContain("ses_");
    }

    [Fact]
    public async Task RunAsync_OtherSeeds_TakeOtherPaths()
    {
        var logs = new HashSet<string>();
        for (var seed = 1; seed <= 3; seed++)
        {
            var world = await SessionWorld.CreateAsync(SessionWorld.Plan(seed, maxRounds: 2));
            await world.RunAsync();
            var proposed = (await world.EventsAsync()).OfType<SessionEvent.CandidateProposed>().Select(made => $"{made.Parent} {made.Edit.Id}");
            logs.Add(string.Join('\n', proposed));
        }

        logs.Count.ShouldBe(3);
    }

    [Fact]
    public async Task RunAsync_EndedSession_ChangesNothing()
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan(maxRounds: 1));
        await world.RunAsync();
        var (log, runs) = (await world.LogAsync(), world.Runner.Requests.Count);
        (await world.RunAsync()).HasEnded.ShouldBeTrue();
        await world.LogShouldBeAsync(log);
        world.Runner.Requests.Count.ShouldBe(runs);
    }

    [Fact]
    public async Task RunAsync_WholeSession_KeepsTheSplitsApart()
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan());
        var spy = new SpyProposer();
        world.Proposers = [spy];
        var splits = world.Cases.ToDictionary(one => one.Id, one => one.Split);
        var seen = new List<(Split Split, bool Shortlisted)>();
        world.Runner.Before = (_, request) =>
        {
            lock (seen) seen.Add((splits[request.Case!.Value], world.Observer.Phases.Any(phase => phase.StartsWith("confirming", StringComparison.Ordinal))));
            return null;
        };
        await world.RunAsync();

        seen.ShouldNotContain((Split.Confirm, false));
        seen.ShouldNotContain((Split.Search, true));
        seen.ShouldContain((Split.Confirm, true));
        seen.ShouldAllBe(run => run.Split != Split.Vault);
        var events = await world.EventsAsync();
        var shortlisted = events.ToList().FindIndex(one => one is SessionEvent.Shortlisted);
        events.Take(shortlisted).OfType<SessionEvent.BlockEvaluated>().ShouldAllBe(block => block.Split == Split.Search);
        events.Skip(shortlisted).OfType<SessionEvent.BlockEvaluated>().ShouldAllBe(block => block.Split == Split.Confirm);

        spy.Contexts.ShouldNotBeEmpty();
        foreach (var context in spy.Contexts)
        {
            var evaluated = context.EvaluationCases.Select(one => one.Group).ToHashSet();
            context.Material.ShouldAllBe(one => one.Split == Split.Search && !evaluated.Contains(one.Group));
            context.EvaluationCases.ShouldAllBe(one => one.Split == Split.Search);
            context.Material.ShouldNotBeEmpty();
            context.Parent.Confirm.ShouldBeEmpty();
            context.Models.Select(model => model.Name).ShouldBe([TriageAgent.Dear, TriageAgent.Cheap], ignoreOrder: true);
        }

        // Nothing that a candidate is judged on was ever copied into an edit.
        var material = spy.Contexts[0].Material.Select(one => one.Id).ToHashSet();
        var edits = events.OfType<SessionEvent.CandidateProposed>().Select(made => made.Edit).ToList();
        foreach (var one in world.Cases.Where(one => !material.Contains(one.Id)))
            edits.ShouldAllBe(edit => !edit.Payload.Contains(one.Input, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunAsync_WholeSession_MakesVersionsOfOneEditEach()
    {
        var world = await SessionWorld.CreateAsync(SessionWorld.Plan());
        var ended = await world.RunAsync();
        var events = await world.EventsAsync();
        var made = events.OfType<SessionEvent.CandidateProposed>().ToList();
        made.Select(one => one.Version.Tree).ShouldBeUnique();
        made.ShouldAllBe(one => one.Version.Parent == one.Parent && one.Proposer == "catalog");
        ended.InOrder.Select(candidate => candidate.Index).ShouldBe(Enumerable.Range(0, made.Count + 1));
        foreach (var candidate in ended.InOrder.Skip(1))
            candidate.Edits.ShouldBe([.. ended.Candidates[candidate.Parent!.Value].Edits, candidate.Edits[^1]]);
        // Rounds are complete and in order.
        events.OfType<SessionEvent.RoundCompleted>().Select(round => round.Round).ShouldBe(Enumerable.Range(1, ended.Round));
        ended.Shortlist![0].ShouldBe(world.Baseline.Id);
        ended.Points!.Select(point => point.Version).ShouldBe(ended.Shortlist);
    }

    private sealed class SpyProposer : IProposer
    {
        private readonly CatalogProposer _catalog = new();

        public List<ProposalContext> Contexts { get; } = [];

        public string Name => _catalog.Name;

        public IReadOnlyList<Proposal> Propose(ProposalContext context)
        {
            Contexts.Add(context);
            return _catalog.Propose(context);
        }
    }
}
