using Espalier.Contracts.Releases;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Releases;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Operations;

/// <summary>What the platform engineer asks: health, money, whether the machine is fit, and the way out.</summary>
internal static class OperationsEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", Health).WithTags("operations").WithSummary("200 while the process runs");
        routes.MapGet("/readyz", ReadyAsync).WithTags("operations").WithSummary("200 when requests can be served").ProducesProblem(503);
        routes.MapGet("/version", Version).WithTags("operations").WithSummary("The server's version");
    }

    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/budgets/{**budget}", BudgetAsync).WithTags("operations").WithSummary("A line of the ledger").ProducesProblem(404);
        routes.MapPut("/budgets/{**budget}", SetBudgetAsync).WithTags("operations").WithSummary("Set or lift the limit of a line: of the project, of keys, of production").ProducesProblem(404).ProducesProblem(422);
        routes.MapPost("/doctor", DoctorAsync).WithTags("operations").WithSummary("Check this machine, and an agent's folder when one is given");
        routes.MapGet("/diagnostics", ReadDiagnostics).WithTags("operations").WithSummary("Processor time, memory and counts of this server since it started");
        routes.MapPost("/shutdown", Shutdown).WithTags("operations").WithSummary("End the server");
    }

    private static string Health() => "ok";

    private static string Version() => ServerHost.Version;

    private static async Task<Ok<string>> ReadyAsync(Doctor doctor, CancellationToken cancellationToken) =>
        await doctor.FindStoreProblemAsync(cancellationToken) is { } problem
            ? throw new Refusal("not-ready", 503, problem.Detail, problem.Fix ?? "Run 'espalier doctor'.")
            : TypedResults.Ok("ready");

    private static async Task<Ok<BudgetState>> BudgetAsync(string budget, ILedger ledger, CancellationToken cancellationToken) =>
        TypedResults.Ok(
            await ledger.ReadAsync(new BudgetId(budget), cancellationToken)
            ?? throw NotFound(budget));

    private static async Task<Ok<BudgetState>> SetBudgetAsync(
        string budget, SetBudget request, Caller caller, ILedger ledger, IAuditLog audit, CancellationToken cancellationToken)
    {
        var line = new BudgetId(budget);
        if (request.Limit is { Nano: < 0 }) throw new Refusal("budget-not-valid", 422, "A limit below zero was asked for.", "Write dollars from 0 on, or null for no limit.");
        if (!BudgetLines.IsOperators(line))
            throw new Refusal("budget-not-valid", 422, $"The limit of '{budget}' is not set by hand.", "Set that of project, keys, keys/KEY, production or production/AGENT. A session's budget is part of its plan.");
        if (await ledger.ReadAsync(line, cancellationToken) is not { } before) throw NotFound(budget);
        await ledger.OpenAsync(line, request.Limit, cancellationToken);
        await audit.AppendAsync(new AuditAct(caller.Principal, "budget.set", budget, $"from {before.Limit?.ToString() ?? "no limit"} to {request.Limit?.ToString() ?? "no limit"}"), cancellationToken);
        return TypedResults.Ok((await ledger.ReadAsync(line, cancellationToken))!);
    }

    private static Refusal NotFound(string budget) =>
        new("budget-not-found", 404, $"There is no ledger line '{budget}'.", "Lines are like project, keys/KEY, session/SESSION, session/SESSION/search, production/AGENT.");

    private static async Task<Ok<DoctorReport>> DoctorAsync(string? path, Doctor doctor, CancellationToken cancellationToken) =>
        TypedResults.Ok(await doctor.CheckAsync(path, cancellationToken));

    private static Ok<ServerDiagnostics> ReadDiagnostics(Diagnostics diagnostics) => TypedResults.Ok(diagnostics.Read());

    private static Accepted Shutdown(IHostApplicationLifetime lifetime)
    {
        lifetime.StopApplication();
        return TypedResults.Accepted((string?)null);
    }
}
