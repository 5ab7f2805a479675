using System.Diagnostics;

namespace Espalier.Ingest;

/// <summary>Looks for traces that were acknowledged a moment ago until they are found: how fresh the store is.</summary>
internal sealed class Prober(LoadPlan plan, LoadServer server, Sender sender)
{
    private readonly List<double> _latencies = [];

    /// <summary>Milliseconds from acknowledgement to being found, in order of size.</summary>
    public IReadOnlyList<double> Latencies => [.. _latencies.Order()];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (plan.Probes <= 0) return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / plan.Probes), TimeProvider.System);
        string? before = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            if (sender.Last is { } last && last.Trace != before)
            {
                before = last.Trace;
                while (!await server.HasTraceAsync(last.Trace)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
                _latencies.Add(Stopwatch.GetElapsedTime(last.Acknowledged).TotalMilliseconds);
            }

            try
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
