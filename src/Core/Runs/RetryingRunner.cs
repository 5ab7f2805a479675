using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Runs;

/// <summary>Runs again what failed without the agent's fault: a sandbox that could not be set up, or a provider.</summary>
/// <remarks>At most three tries in all, half a second and two seconds apart. A request of production that a provider failed is not sent again: the
/// agent may have acted on it, and the gateway has tried again already. What all tries used and cost is the run's; the trace is the last one's,
/// and the others stay in the store.</remarks>
public sealed class RetryingRunner(IRunner runner, TimeProvider time) : IRunner
{
    private static readonly TimeSpan[] Waits = [TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(2)];

    public async Task<Run> RunAsync(RunRequest request, CancellationToken cancellationToken)
    {
        var run = await runner.RunAsync(request, cancellationToken);
        foreach (var wait in Waits)
        {
            if (!IsWorthATry(run.Outcome, request.Purpose)) return run;
            await Task.Delay(wait, time, cancellationToken);
            var next = await runner.RunAsync(request, cancellationToken);
            run = next with { Retries = run.Retries + 1, Usage = Sum(run.Usage, next.Usage) };
        }

        return run;
    }

    public Task CoolAsync(string agent, VersionId version, CancellationToken cancellationToken) => runner.CoolAsync(agent, version, cancellationToken);

    private static bool IsWorthATry(Outcome outcome, Purpose purpose) => outcome switch
    {
        Outcome.Failed { At: Boundary.Sandbox } => true,
        Outcome.Failed { At: Boundary.Provider } => purpose != Purpose.Production,
        _ => false,
    };

    private static RunUsage Sum(RunUsage a, RunUsage b) => new()
    {
        Calls = a.Calls + b.Calls,
        Attempts = a.Attempts + b.Attempts,
        InputTokens = a.InputTokens + b.InputTokens,
        OutputTokens = a.OutputTokens + b.OutputTokens,
        Cost = a.Cost is { } first && b.Cost is { } second ? new Usd(first.Nano + second.Nano) : null,
    };
}
