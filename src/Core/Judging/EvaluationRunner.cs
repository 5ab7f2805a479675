using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;

namespace Espalier.Core.Judging;

/// <summary>Runs one version on cases and judges every output: the rows that all estimates are made of.</summary>
/// <remarks>Runs in parallel; rows come back in the order of the cases, whatever finished first.</remarks>
public sealed class EvaluationRunner(IRunner runner, IRunCache cache, IModelCatalog models, JudgeSelector judges, RunsOptions options, ProviderPace pace)
{
    private const int ShownOutput = 500;
    private const int ShownStderr = 1_000;

    private readonly RunsInFlight _inFlight = new();

    /// <param name="request">What to evaluate.</param>
    /// <param name="onRow">Called for each row as it is done, from several threads.</param>
    /// <param name="cancellationToken">Stops before the next case; the runs in flight are ended.</param>
    public async Task<CaseEvaluation> EvaluateAsync(EvaluationOrder request, Action<EvidenceRow>? onRow, CancellationToken cancellationToken)
    {
        var rows = new EvidenceRow?[request.Cases.Count];
        string? exhausted = null;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, request.Cases.Count, parallel, async (i, stop) =>
        {
            if (Volatile.Read(ref exhausted) is not null) return;
            if (await TryRunAsync(request, i, rows, onRow, stop) is { } full) Volatile.Write(ref exhausted, full);
        });
        if (exhausted is null) return new CaseEvaluation([.. rows.OfType<EvidenceRow>()], null);
        // Runs at once reserve more than they cost, so what was refused may fit after all now that they have settled. One after the other,
        // the end does not depend on which run was first.
        exhausted = null;
        for (var i = 0; i < rows.Length && exhausted is null; i++)
            if (rows[i] is null) exhausted = await TryRunAsync(request, i, rows, onRow, cancellationToken);
        return new CaseEvaluation([.. rows.OfType<EvidenceRow>()], exhausted);
    }

    /// <summary>Runs and judges one case; null, or why the line that pays could not pay for it.</summary>
    private async Task<string?> TryRunAsync(
        EvaluationOrder request, int i, EvidenceRow?[] rows, Action<EvidenceRow>? onRow, CancellationToken cancellationToken)
    {
        var run = await RunAsync(request, request.Cases[i], cancellationToken);
        // The run's own limit is the agent's affair; a spent line of the ledger ends the evaluation.
        if (run.Outcome is Outcome.OverBudget { Line: not null } over) return over.Reason;
        var row = rows[i] = await JudgeAsync(request, request.Cases[i], run, cancellationToken);
        onRow?.Invoke(row);
        return null;
    }

    private async Task<Run> RunAsync(EvaluationOrder request, Case one, CancellationToken cancellationToken)
    {
        // Cases of equal content may come from traces with other answers of tools.
        var recorded = request.Contract.Tools.Count > 0 ? one.Trace?.Value : null;
        var key = RunKeys.Of(request.Version.Tree, one.Id, request.Replicate, models.PriceTable, recorded);
        var (run, shared) = await _inFlight.GetAsync(key, () => FindOrMakeAsync(request, one, key, cancellationToken), cancellationToken);
        return shared ? run with { Cached = true } : run;
    }

    /// <summary>The run, and whether it is the result for everybody who asks: what a limit of this line or of the machine ended is not.</summary>
    private async Task<(Run Run, bool HoldsForOthers)> FindOrMakeAsync(EvaluationOrder request, Case one, RunKey key, CancellationToken cancellationToken)
    {
        if (await cache.FindAsync(key, cancellationToken) is { } known) return (known with { Cached = true }, true);
        var order = new RunRequest
        {
            Version = request.Version,
            Contract = request.Contract,
            Input = one.Input,
            Purpose = Purpose.Evaluation,
            Budget = request.Budget,
            Key = key,
            Conversation = one.Group,
            Session = request.Session,
            Case = one.Id,
            ExcludedGroup = one.Group,
            Workspace = one.Workspace,
            Recorded = one.Trace?.Value ?? one.Id.Value,
        };
        using var place = await pace.EnterAsync(request.Version.Id, cancellationToken);
        var run = await runner.RunAsync(order, cancellationToken);
        var holds = run.Outcome is Outcome.Completed or Outcome.Failed { At: Boundary.Agent };
        if (holds) await cache.SaveAsync(run, cancellationToken);
        return (run, holds);
    }

    private async Task<EvidenceRow> JudgeAsync(EvaluationOrder request, Case one, Run run, CancellationToken cancellationToken)
    {
        var row = new EvidenceRow
        {
            Case = one.Id,
            Replicate = request.Replicate,
            Cost = run.Usage.Cost,
            InputTokens = run.Usage.InputTokens,
            OutputTokens = run.Usage.OutputTokens,
            Tools = run.Tools,
            Outcome = run.Outcome.Word(),
            Retries = run.Retries,
            Stderr = run.Outcome switch
            {
                Outcome.Failed { Stderr.Length: > 0 } failed => Tail(failed.Stderr),
                Outcome.TimedOut { Stderr: { } words } => Tail(words),
                _ => null,
            },
            Reason = "",
        };
        switch (run.Outcome)
        {
            case Outcome.Completed completed:
                var verdict = await judges.For(request.Contract, one).JudgeAsync(
                    new JudgeRequest
                    {
                        Agent = request.Version.Agent, Contract = request.Contract, Files = request.JudgeFiles, Case = one, Output = completed.Output, Changes = run.Changes,
                    },
                    cancellationToken);
                return row with
                {
                    Outcome = verdict.Broken ? new Outcome.Failed(Boundary.Judge, verdict.Reason, "").Word() : row.Outcome,
                    Pass = verdict.Pass, Score = verdict.Score, Reason = verdict.Reason, Output = Cut(completed.Output),
                };
            case Outcome.TimedOut late:
                return row with { Pass = false, Score = 0, Reason = $"no answer within {late.Limit.TotalSeconds:0.#} s" };
            case Outcome.OverBudget over:
                return row with { Pass = false, Score = 0, Reason = over.Reason };
            case Outcome.Failed { At: Boundary.Agent } failed:
                return row with { Pass = false, Score = 0, Reason = failed.Reason };
            case Outcome.Failed failed:
                // Not the agent's fault: no verdict, which is not a failure.
                return row with { Reason = failed.Reason };
            default:
                throw new InvalidOperationException($"Outcome {run.Outcome.GetType().Name} is not known here.");
        }
    }

    private static string Tail(string text) => text.Length <= ShownStderr ? text : text[^ShownStderr..];

    private static string Cut(string text) => text.Length <= ShownOutput ? text : text[..ShownOutput];
}

/// <summary>One version on some cases, paid from one line of the ledger.</summary>
public sealed record EvaluationOrder
{
    public required AgentVersion Version { get; init; }

    public required AgentContract Contract { get; init; }

    /// <summary>The version whose frozen files the judge reads: the session's baseline.</summary>
    public required AgentVersion JudgeFiles { get; init; }

    public required IReadOnlyList<Case> Cases { get; init; }

    public required BudgetId Budget { get; init; }

    public string? Session { get; init; }

    public int Replicate { get; init; }
}

/// <param name="Rows">In the order of the cases; shorter than the cases when the budget ended before.</param>
/// <param name="Exhausted">Why no further case could be paid for; null when all were run.</param>
public sealed record CaseEvaluation(IReadOnlyList<EvidenceRow> Rows, string? Exhausted);
