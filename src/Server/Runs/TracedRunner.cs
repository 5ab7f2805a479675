using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;

namespace Espalier.Server.Runs;

/// <summary>Writes the agent span of each run, the root under which the gateway's spans hang.</summary>
internal sealed class TracedRunner(IRunner runner, ISpanSink spans, TimeProvider time) : IRunner
{
    public async Task<Run> RunAsync(RunRequest request, CancellationToken cancellationToken)
    {
        var start = time.GetUtcNow();
        var run = await runner.RunAsync(request, cancellationToken);
        await spans.AddAsync(
            new Span
            {
                TraceId = run.TraceId,
                SpanId = run.TraceId.RootSpan(),
                Kind = SpanKind.Agent,
                Name = "agent.run",
                Start = start,
                Duration = run.Duration,
                Error = ErrorOf(run.Outcome),
                Agent = request.Version.Agent,
                Version = run.Version,
                Purpose = request.Purpose,
                Conversation = request.Conversation,
                User = request.User,
                Session = request.Session,
                Case = request.Case,
                Input = request.Input,
                Output = (run.Outcome as Outcome.Completed)?.Output,
            },
            cancellationToken);
        return run;
    }

    public Task CoolAsync(string agent, VersionId version, CancellationToken cancellationToken) => runner.CoolAsync(agent, version, cancellationToken);

    public static string? ErrorOf(Outcome outcome) => outcome switch
    {
        Outcome.Completed => null,
        Outcome.TimedOut late => $"no answer within {late.Limit.TotalSeconds:0.#} s",
        Outcome.OverBudget over => over.Reason,
        Outcome.Failed failed => $"{failed.At}: {failed.Reason}",
        _ => outcome.GetType().Name,
    };
}
