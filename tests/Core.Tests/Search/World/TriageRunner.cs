using System.Collections.Concurrent;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Runs;
using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Search.World;

/// <summary>Runs versions without a process: answers and costs are a function of the version's files and the case. Pays like the gateway:
/// reserves more than it will need, then settles.</summary>
internal sealed class TriageRunner(IAgentRepository repository, ILedger ledger, IReadOnlyList<Case> cases) : IRunner
{
    private readonly ConcurrentDictionary<TreeId, TriageAgent> _agents = new();
    private readonly Dictionary<CaseId, Case> _cases = cases.ToDictionary(one => one.Id);
    private readonly ConcurrentQueue<RunRequest> _requests = new();
    private int _runs;

    /// <summary>What was run, in order of arrival.</summary>
    public IReadOnlyCollection<RunRequest> Requests => _requests;

    /// <summary>Asked before each run with its number, from 1; an outcome ends the run, an exception the process.</summary>
    public Func<int, RunRequest, Outcome?> Before { get; set; } = (_, _) => null;

    /// <summary>Changes what a run is said to have cost; null is unknown.</summary>
    public Func<RunRequest, Usd, Usd?> Bill { get; set; } = (_, cost) => cost;

    public Task CoolAsync(string agent, VersionId version, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<Run> RunAsync(RunRequest request, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _runs);
        _requests.Enqueue(request);
        if (Before(number, request) is { } ended) return Result(request, ended, Usd.Zero, 0);
        if (!_agents.TryGetValue(request.Version.Tree, out var agent))
        {
            agent = TriageAgent.Read(await repository.ReadFilesAsync(request.Version.Agent, request.Version.Id, cancellationToken));
            _agents.TryAdd(request.Version.Tree, agent);
        }

        // Ends out of order, as real runs do.
        for (var i = 0; i < number % 3; i++) await Task.Yield();
        var one = _cases[request.Case!.Value];
        var tree = request.Version.Tree.Value;
        // Most of a case's difficulty is its own, some is luck with this version.
        var draw = Draw("luck", one.Id.Value, tree) < 0.8 ? Draw("case", one.Id.Value, "") : Draw("case", one.Id.Value, tree);
        var cost = new Usd(agent.CostOf(request.Input, Draw("confidence", one.Id.Value, "")));
        var key = $"{request.Session}/{request.Key}/{number}";
        var reserved = new Usd(cost.Nano * 3 / 2);
        if (await ledger.TryReserveAsync(request.Budget, key, reserved, cancellationToken) is { } full)
            return Result(request, new Outcome.OverBudget(full.Limit!.Value, $"{full.Id} is full: {full.Spent} spent, {full.Reserved} reserved", full.Id), Usd.Zero, 0);
        await ledger.SettleAsync(key, cost, CancellationToken.None);
        var wrong = TriageCases.Labels[(TriageCases.Labels.IndexOf(one.Reference ?? "") + 1) % TriageCases.Labels.Count];
        return Result(request, new Outcome.Completed(draw < agent.PassProbability() ? one.Reference ?? "" : wrong), Bill(request, cost), agent.Tokens(request.Input));
    }

    private static double Draw(string what, string id, string tree) =>
        Convert.ToUInt64(ContentHash.Of(12, what, id, tree), 16) / (double)(1UL << 48);

    private static Run Result(RunRequest request, Outcome outcome, Usd? cost, long tokens) => new()
    {
        Key = request.Key,
        Version = request.Version.Id,
        Case = request.Case,
        TraceId = new TraceId(ContentHash.Of(32, request.Key!.Value.Value)),
        Outcome = outcome,
        Usage = new RunUsage { Calls = 1, Attempts = 1, InputTokens = tokens, OutputTokens = 3, Cost = cost },
        Duration = TimeSpan.FromMilliseconds(1),
    };
}

internal static class ReadOnlyListExtensions
{
    public static int IndexOf(this IReadOnlyList<string> list, string value)
    {
        for (var i = 0; i < list.Count; i++)
            if (list[i] == value) return i;
        return -1;
    }
}
