using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;

namespace Espalier.Runs;

/// <summary>Run tokens without a gateway behind them: no model is called here.</summary>
internal sealed class FreeTokens : IRunTokens
{
    private int _issued;

    public string Issue() => $"espr_{Interlocked.Increment(ref _issued):d36}";

    public void Bind(string token, RunContext context)
    {
    }

    public Task<RunMeasure> UnbindAsync(string token, CancellationToken cancellationToken) => Task.FromResult(new RunMeasure(
        new RunUsage { Calls = 0, Attempts = 0, InputTokens = 0, OutputTokens = 0, Cost = Usd.Zero }, null, false, null, null));

    public void Revoke(string token)
    {
    }
}
