using System.Collections.Concurrent;
using Espalier.Contracts.Runs;

namespace Espalier.Core.Runs;

/// <summary>Runs that are being made now, by their keys: who asks for one of them meanwhile waits for it instead of paying for it again.</summary>
/// <remarks>Thread-safe. Whoever came first makes the run and, when it is given up, lets the next one make it: nobody's cancellation takes a result from others.</remarks>
internal sealed class RunsInFlight
{
    private readonly ConcurrentDictionary<RunKey, TaskCompletionSource<Run?>> _running = new();

    /// <param name="key">What decides the result.</param>
    /// <param name="make">Makes the run, and says whether it holds for others; called by one at a time for each key.</param>
    /// <param name="cancellationToken">Ends the wait, or the run when this one makes it.</param>
    /// <returns>The run and whether somebody else made it.</returns>
    public async Task<(Run Run, bool Shared)> GetAsync(RunKey key, Func<Task<(Run Run, bool HoldsForOthers)>> make, CancellationToken cancellationToken)
    {
        while (true)
        {
            var mine = new TaskCompletionSource<Run?>(TaskCreationOptions.RunContinuationsAsynchronously);
            var first = _running.GetOrAdd(key, mine);
            if (first != mine)
            {
                if (await first.Task.WaitAsync(cancellationToken) is { } known) return (known, true);
                continue;
            }

            Run? held = null;
            try
            {
                var (run, holds) = await make();
                if (holds) held = run;
                return (run, false);
            }
            finally
            {
                _running.TryRemove(key, out _);
                mine.SetResult(held);
            }
        }
    }
}
