using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Espalier.Contracts;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Accounting;
using Espalier.Server.Agents;
using Espalier.Server.Hosting;
using Espalier.Server.OpenApi;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Runs;

/// <summary>Lets people run any command in the sandbox of candidates, to see what it holds.</summary>
internal static class SandboxEndpoints
{
    private const string NoAgent = "sandbox";

    /// <summary>Pieces of output on their way; a slow reader slows the command.</summary>
    private const int Pieces = 64;

    public static void MapSandbox(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/sandbox/runs", RunAsync).WithTags("runs").WithSummary("Run any command as a candidate would be run, and follow it by server-sent events")
            .WithMetadata(new EventsOf("Events 'output' (SandboxRunOutput), then 'end' (SandboxRunResult) or 'refused' (Problem), as JSON."))
            .ProducesProblem(404).ProducesProblem(422).ProducesProblem(503);

    private static async Task<ServerSentEventsResult<string>> RunAsync(
        SandboxRunRequest request, AgentDirectory agents, ServedContracts contracts, ITrialRunner runner, ISandbox sandbox, ILedger ledger, ISpanSink spans,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var trial = SandboxLimits.Check(request, await ReadAsync(request, agents, contracts, cancellationToken));
        if (!Directory.Exists(trial.Folder))
            throw new Refusal("folder-not-found", 422, $"There is no folder '{trial.Folder}' on the server's machine.", "Give the absolute path of a folder.");
        // Once events flow, a refusal could no longer be told by its status.
        var check = await sandbox.CheckAsync(cancellationToken);
        if (!check.Usable) throw new Refusal("sandbox-unavailable", 503, $"Agents cannot be run here: {check.Detail}.", check.Fix ?? "See espalier doctor.");
        if (await ledger.ReadAsync(trial.Budget, cancellationToken) is null) await ledger.OpenAsync(trial.Budget, null, cancellationToken);
        return TypedResults.ServerSentEvents(FollowAsync(trial, runner, spans, time, cancellationToken));
    }

    private static async Task<TrialRequest> ReadAsync(
        SandboxRunRequest request, AgentDirectory agents, ServedContracts contracts, CancellationToken cancellationToken)
    {
        if (request.Agent is null)
        {
            return new TrialRequest
            {
                Folder = request.Path,
                Run = new RunContract
                {
                    Command = request.Command ?? "",
                    Protocol = RunProtocol.Stdio,
                    Timeout = TimeSpan.FromSeconds(60),
                    MemoryBytes = 512L << 20,
                    Environment = new Dictionary<string, string>(),
                },
                Input = request.Input ?? "",
                Agent = NoAgent,
                Budget = BudgetLines.Sandbox,
                Limit = new BudgetContract { Run = Usd.FromDollars(0.50m) },
            };
        }

        var version = await agents.ResolveAsync(request.Agent, null, cancellationToken);
        var contract = await contracts.ReadAsync(version, cancellationToken);
        return new TrialRequest
        {
            Folder = request.Path,
            Run = contract.Run with { Command = request.Command ?? contract.Run.Command },
            Input = request.Input ?? "",
            Agent = request.Agent,
            Version = version.Id,
            Budget = BudgetLines.Sandbox,
            Limit = contract.Budget,
        };
    }

    private static async IAsyncEnumerable<SseItem<string>> FollowAsync(
        TrialRequest trial, ITrialRunner runner, ISpanSink spans, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pieces = Channel.CreateBounded<SandboxRunOutput>(new BoundedChannelOptions(Pieces) { FullMode = BoundedChannelFullMode.Wait });
        // A reader that goes away ends the command.
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var start = time.GetUtcNow();
        var running = RunAsync();
        try
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(cancellationToken))
                yield return new SseItem<string>(JsonSerializer.Serialize(piece, ContractsJson.Default.SandboxRunOutput), "output");
            var (result, refusal) = await running;
            if (result is not null) await spans.AddAsync(Root(trial, result, start), cancellationToken);
            yield return result is not null
                ? new SseItem<string>(JsonSerializer.Serialize(result, ContractsJson.Default.SandboxRunResult), "end")
                : new SseItem<string>(JsonSerializer.Serialize(Problems.Describe(refusal!), ContractsJson.Default.Problem), "refused");
        }
        finally
        {
            await gone.CancelAsync();
            await running.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        async Task<(SandboxRunResult? Result, Refusal? Refusal)> RunAsync()
        {
            try
            {
                return (await runner.RunAsync(trial, piece => pieces.Writer.WriteAsync(piece, gone.Token), gone.Token), null);
            }
            catch (Refusal refusal)
            {
                return (null, refusal);
            }
            finally
            {
                pieces.Writer.Complete();
            }
        }
    }

    private static Span Root(TrialRequest trial, SandboxRunResult result, DateTimeOffset start) => new()
    {
        TraceId = result.TraceId,
        SpanId = result.TraceId.RootSpan(),
        Kind = SpanKind.Agent,
        Name = "sandbox.run",
        Start = start,
        Duration = result.Duration,
        Error = TracedRunner.ErrorOf(result.Outcome),
        Agent = trial.Agent,
        Version = trial.Version,
        Purpose = Purpose.Evaluation,
        Input = trial.Run.Command,
    };
}
