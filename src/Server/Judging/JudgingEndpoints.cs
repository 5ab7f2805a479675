using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Datasets;
using Espalier.Core.Frontiers.Statistics;
using Espalier.Core.Judging;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Server.Agents;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Judging;

internal static class JudgingEndpoints
{
    public static void MapJudging(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/judging").WithTags("judging").MapPost("/evaluations", EvaluateAsync)
            .WithSummary("Run a version on one split and judge every output")
            .ProducesProblem(402).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(503);

    private static async Task<Ok<Evaluation>> EvaluateAsync(
        EvaluateRequest request, AgentDirectory agents, ServedContracts contracts, IDatasetStore datasets, EvaluationRunner evaluator, ILedger ledger,
        TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Split == Split.Vault)
            throw new Refusal("vault-closed", 403, "The vault is not for evaluations.", "Use the search or the confirm split.");
        var version = await agents.ResolveAsync(request.Agent, request.Version, cancellationToken);
        var contract = await contracts.ReadAsync(version, cancellationToken);
        var revision = await datasets.ResolveAsync(request.Dataset, cancellationToken);
        var cases = await datasets.ReadCasesAsync(revision.Id, request.Split, cancellationToken);
        if (request.Limit is { } limit) cases = [.. cases.Take(limit)];
        var line = BudgetLines.Evaluation(Guid.CreateVersion7(time.GetUtcNow()).ToString("N"));
        await ledger.OpenAsync(line, request.Budget ?? contract.Budget.Session, cancellationToken);
        var evaluation = await evaluator.EvaluateAsync(
            new EvaluationOrder { Version = version, Contract = contract, JudgeFiles = version, Cases = cases, Budget = line }, null, cancellationToken);
        if (evaluation.Exhausted is { } reason && evaluation.Rows.Count == 0)
            throw new Refusal("budget-spent", 402, $"The budget pays for no run: {reason}", "Give more with --budget.");
        var judged = evaluation.Rows.Where(row => row.Pass is not null).ToList();
        return TypedResults.Ok(new Evaluation
        {
            Agent = request.Agent,
            Version = version.Id,
            Revision = revision.Id,
            Split = request.Split,
            PassRate = judged.Count == 0 ? null : RateIntervals.Wilson(judged.Count(row => row.Pass is true), judged.Count),
            CostPerRequest = evaluation.Rows.Count == 0 || evaluation.Rows.Any(row => row.Cost is null)
                ? null
                : new Usd(evaluation.Rows.Sum(row => row.Cost!.Value.Nano) / evaluation.Rows.Count),
            Rows = evaluation.Rows,
        });
    }
}
