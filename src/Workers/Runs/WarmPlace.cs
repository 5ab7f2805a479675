namespace Espalier.Workers.Runs;

/// <summary>One request's place in a warm process. Leaving it keeps the process for others, or ends it.</summary>
internal sealed class WarmPlace : IAsyncDisposable
{
    private readonly WarmPools _pools;
    private readonly Lease _lease;
    private readonly Func<WarmProcess, Task> _end;

    private WarmPlace(WarmPools pools, Lease lease, Func<WarmProcess, Task> end) => (_pools, _lease, _end, Process) = (pools, lease, end, lease.Process);

    /// <summary>Null: one is to be started.</summary>
    public WarmProcess? Process { get; private set; }

    /// <summary>Set when the process may serve again.</summary>
    public bool Keep { get; set; }

    public static async Task<WarmPlace> RentAsync(WarmPools pools, PoolKey key, Func<WarmProcess, Task> end, CancellationToken cancellationToken)
    {
        while (true)
        {
            var lease = await pools.RentAsync(key, cancellationToken);
            var place = new WarmPlace(pools, lease, end);
            try
            {
                if (lease.Evicted is { } evicted) await end(evicted);
                if (place.Process is not { HasExited: true }) return place;
            }
            catch
            {
                await place.DisposeAsync();
                throw;
            }

            // It ended while it was idle.
            await place.DisposeAsync();
        }
    }

    public async Task FillAsync(Func<Task<WarmProcess>> start)
    {
        Process = await start();
        _pools.Open(_lease, Process);
    }

    public async ValueTask DisposeAsync()
    {
        if (Process is { } process)
        {
            if (Keep ? _pools.TryKeep(_lease, process) : _pools.TryLeave(_lease, process)) return;
            await _end(process);
        }

        _pools.GiveBack(_lease);
    }
}
