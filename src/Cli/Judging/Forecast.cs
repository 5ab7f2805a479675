using Espalier.Cli.Output;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Sdk;

namespace Espalier.Cli.Judging;

/// <summary>What runs will probably cost, said before they start.</summary>
/// <param name="PerRun">Mean of the agent's production traces; null when there is none to go by.</param>
/// <param name="Words">The forecast for people.</param>
internal sealed record Forecast(Usd? PerRun, string Words)
{
    public static async Task<Forecast> OfRunsAsync(EspalierClient client, AgentSummary agent, int runs, CancellationToken cancellationToken)
    {
        var totals = await client.Traces.TotalsAsync(new TraceQuery { Agent = agent.Agent, Purpose = Purpose.Production }, cancellationToken);
        if (totals.Traces == 0 || totals.UnpricedCalls == totals.Attempts)
        {
            var most = new Usd(checked(agent.Contract.Budget.Run.Nano * Math.Max(1, runs)));
            return new Forecast(null, $"cost unknown: no traffic to go by; the contract allows {Text.Money(agent.Contract.Budget.Run)} a run, {Text.Money(most)} in all");
        }

        var mean = new Usd(totals.Cost.Nano / totals.Traces);
        return new Forecast(mean, $"about {Text.Money(new Usd(checked(mean.Nano * Math.Max(1, runs))))} at {Text.Money(mean)} a run (mean of {totals.Traces} requests of traffic)");
    }
}
