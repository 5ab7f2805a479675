using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Agents;

/// <summary>Serves production traffic by the released version.</summary>
internal static class InvokeEndpoints
{
    public static void MapInvoke(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/agents/{agent}/invoke", InvokeAsync).WithTags("agents").WithSummary("Ask an agent: served by its production version")
            .ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(503);

    private static async Task<Ok<InvokeAnswer>> InvokeAsync(
        string agent, InvokeRequest request, AgentDirectory agents, ServedContracts contracts, IRunner runner, CancellationToken cancellationToken)
    {
        var version = await agents.ResolveAsync(agent, request.Version, cancellationToken);
        var run = await runner.RunAsync(
            new RunRequest
            {
                Version = version,
                Contract = await contracts.ReadAsync(version, cancellationToken),
                Input = request.Input,
                Purpose = Purpose.Production,
                Budget = BudgetLines.Production(agent),
                Conversation = request.Conversation,
                User = request.User,
                // What a conversation taught must not answer that same conversation's requests: numbers on live traffic would flatter.
                ExcludedGroup = request.Conversation,
            },
            cancellationToken);
        return TypedResults.Ok(new InvokeAnswer
        {
            TraceId = run.TraceId,
            Version = run.Version,
            Output = (run.Outcome as Outcome.Completed)?.Output,
            Outcome = run.Outcome,
            Cost = run.Usage.Cost,
            Duration = run.Duration,
        });
    }
}
