using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs;

/// <summary>A process that serves many requests, a few at once where its protocol can do that.</summary>
/// <param name="process">The process.</param>
/// <param name="agent">How it is asked.</param>
/// <param name="token">The run token that it was started with.</param>
/// <param name="places">Requests at once.</param>
internal sealed class WarmProcess(ISandboxProcess process, IAgentProcess agent, string token, int places) : IAsyncDisposable
{
    private readonly Task<int> _exit = process.WaitForExitAsync(CancellationToken.None);
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _lock = new();
    private Task<Outcome?>? _ready;

    public string Token => token;

    public IAgentProcess Agent => agent;

    public int Places => places;

    public bool HasExited => _exit.IsCompleted;

    public string StderrTail => process.StderrTail;

    /// <summary>Requests in it now. Guarded by the pools' lock.</summary>
    public int Used { get; set; }

    /// <summary>True when nobody may enter any more. Guarded by the pools' lock.</summary>
    public bool Retired { get; set; }

    /// <summary>Waits until it can be asked; null when it can, else why not. All that wait share one wait, whoever of them goes.</summary>
    public Task<Outcome?> WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        lock (_lock) _ready ??= agent.WaitUntilReadyAsync(_ending.Token);
        return _ready.WaitAsync(cancellationToken);
    }

    public void Kill() => process.Kill();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        if (_ready is not null) await Task.WhenAny(_ready);
        agent.Dispose();
        await process.DisposeAsync();
        _ending.Dispose();
    }
}
