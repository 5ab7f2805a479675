using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Agents.Edits;
using Espalier.Core.Agents.Edits.Context;
using Espalier.Core.Agents.Edits.Examples;
using Espalier.Core.Agents.Edits.Instructions;
using Espalier.Core.Agents.Edits.Memory;
using Espalier.Core.Agents.Edits.Models;
using Espalier.Core.Agents.Edits.Routes;
using Espalier.Core.Judging;
using Espalier.Core.Judging.Judges.Expected;
using Espalier.Core.Runs;
using Espalier.Core.Search;
using Espalier.Core.Search.Proposers;
using Espalier.Core.Search.Proposers.Catalog;
using Espalier.Testing.Fakes;

namespace Espalier.Core.Tests.Search.World;

/// <summary>Everything a session needs, in memory. What a killed process leaves behind stays here; the session runner is made anew each time.</summary>
internal sealed class SessionWorld
{
    public static readonly SessionId Session = new("ses_1");

    private SessionWorld(IReadOnlyList<Case> cases, InMemoryAgentRepository repository, AgentVersion baseline)
    {
        Cases = cases;
        Repository = repository;
        Baseline = baseline;
        Ledger = new InMemoryLedger(Time);
        Runner = new TriageRunner(repository, Ledger, cases);
        Proposers = [new CatalogProposer()];
    }

    public ManualTime Time { get; } = new();

    public IReadOnlyList<Case> Cases { get; }

    public InMemoryAgentRepository Repository { get; }

    public AgentVersion Baseline { get; }

    public InMemorySessionStore Sessions { get; } = new();

    public InMemoryDatasetStore Datasets { get; } = new();

    public InMemoryRunCache Cache { get; private set; } = new();

    public InMemoryLedger Ledger { get; }

    public TriageRunner Runner { get; }

    public IReadOnlyList<IProposer> Proposers { get; set; }

    public RecordingObserver Observer { get; } = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static SessionPlan Plan(long seed = 1, string budget = "1", int maxRounds = 7) => new()
    {
        Agent = TriageAgent.Name,
        Revision = TriageCases.Revision,
        Goal = Goal.Improvement,
        Seed = seed,
        Budget = Usd.TryParse(budget, out var usd) ? usd : throw new ArgumentException(budget, nameof(budget)),
        EvaluationCases = 60,
        MaxRounds = maxRounds,
        Models = [TriageAgent.Cheap, TriageAgent.Dear],
    };

    public static async Task<SessionWorld> CreateAsync(
        SessionPlan plan, IReadOnlyList<Case>? cases = null, Dictionary<string, string>? files = null, SessionId? session = null)
    {
        var repository = new InMemoryAgentRepository();
        var world = new SessionWorld(cases ?? TriageCases.Make(220), repository, repository.Add(TriageAgent.Name, files ?? TriageAgent.Files()));
        var revision = new DatasetRevision
        {
            Id = plan.Revision, Dataset = "triage", Agent = TriageAgent.Name, CreatedAt = world.Time.GetUtcNow(), Search = 0, Confirm = 0, Vault = 0,
            LeftOut = new Dictionary<string, int>(),
        };
        await world.Datasets.SaveAsync(revision, world.Cases, Cancellation);
        var id = session ?? Session;
        await world.Sessions.CreateAsync(new SessionHeader(id, TriageAgent.Name, null, world.Time.GetUtcNow()), Cancellation);
        await world.Sessions.AppendAsync(id, 1, new SessionEvent.Started(plan, world.Baseline), world.Time.GetUtcNow(), Cancellation);
        return world;
    }

    /// <summary>Runs the session from where its log ends, with parts that know nothing of an earlier run.</summary>
    public Task<SessionFold> RunAsync(ISessionStore? store = null, SessionId? session = null, CancellationToken? cancellationToken = null)
    {
        var evaluator = new EvaluationRunner(Runner, Cache, new Catalog(), new JudgeSelector([new ExpectedJudge()]), new RunsOptions { Parallelism = 4 }, new ProviderPace(new RunsOptions { Parallelism = 4 }, TimeProvider.System));
        var kinds = new EditKinds([new ModelEdit(), new RouteEdit(), new MemoryEdit(), new ExamplesEdit(), new ContextEdit(), new InstructionEdit()]);
        var rounds = new SearchRounds(Repository, Proposers, kinds, new Catalog());
        var runner = new SessionRunner(store ?? Sessions, Repository, Datasets, evaluator, rounds, Ledger, Runner, Observer, Time);
        return runner.RunAsync(session ?? Session, cancellationToken ?? Cancellation);
    }

    /// <summary>Forgets what runs gave, so that they are paid again.</summary>
    public void ForgetRuns() => Cache = new();

    public async Task<IReadOnlyList<SessionEvent>> EventsAsync(SessionId? session = null) =>
        [.. (await Sessions.ReadAsync(session ?? Session, 0, Cancellation)).Select(stored => stored.Event)];

    /// <summary>The log as it would be written, a line an event, without the times.</summary>
    public async Task<string> LogAsync(SessionId? session = null) =>
        string.Join('\n', (await EventsAsync(session)).Select(one => JsonSerializer.Serialize(one, ContractsJson.Default.SessionEvent)));

    /// <summary>Compares logs line by line, so that a failure shows the first event that differs.</summary>
    public async Task LogShouldBeAsync(string expected, string? why = null, SessionId? session = null)
    {
        string[] was = expected.Split('\n'), now = (await LogAsync(session)).Split('\n');
        for (var i = 0; i < Math.Min(was.Length, now.Length); i++)
            if (was[i] != now[i]) Assert.Fail($"Event {i + 1} differs; {why}\nwas: {was[i]}\nnow: {now[i]}");
        now.Length.ShouldBe(was.Length, why);
    }

    public async Task<BudgetState> LineAsync(BudgetId line) => (await Ledger.ReadAsync(line, Cancellation))!;

    private sealed class Catalog : IModelCatalog
    {
        public string PriceTable => "prices-1";

        public IReadOnlyList<PricedModel> List() => [new(TriageAgent.Dear, 1.0m, 1.0m), new(TriageAgent.Cheap, 0.2m, 0.2m), new("not-allowed", 0.01m, 0.01m)];

        public PricedModel? Find(string name) => List().FirstOrDefault(model => model.Name == name);
    }
}

internal sealed class RecordingObserver : ISessionObserver
{
    private int _cases;

    public List<string> Phases { get; } = [];

    public List<string> Decisions { get; } = [];

    public int Cases => _cases;

    public void OnPhase(SessionId session, string phase) => Phases.Add(phase);

    public void OnCase(SessionId session) => Interlocked.Increment(ref _cases);

    public void OnDecision(SessionId session, string words) => Decisions.Add(words);
}
