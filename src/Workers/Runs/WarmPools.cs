using Espalier.Contracts.Agents;

namespace Espalier.Workers.Runs;

/// <summary>What a warm process was started for. It serves nothing else.</summary>
/// <param name="Agent">The agent's name.</param>
/// <param name="Version">The version.</param>
/// <param name="Settings">Hash of the command, memory and environment that it was started with.</param>
internal readonly record struct PoolKey(string Agent, VersionId Version, string Settings);

/// <summary>Who may run now: at most so many processes in all, at most so many warm ones a version, first come first served.</summary>
/// <remarks>At the limit an idle process of the version that was used least recently makes room. Only counts; starting and ending is the
/// caller's. Thread-safe.</remarks>
internal sealed class WarmPools(int perVersion, int total, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PoolKey, Pool> _pools = [];
    private readonly LinkedList<Waiter> _waiting = [];
    private long _clock;
    private int _live;

    /// <summary>Waits for a place. A null key asks for one process that no version keeps.</summary>
    public async Task<Lease> RentAsync(PoolKey? key, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> node;
        lock (_lock)
        {
            // A newcomer may overtake only those that could not be served now anyway; they were tried when the last place came free.
            if (TryGrant(key) is { } lease) return lease;
            node = _waiting.AddLast(new Waiter(key, new(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        await using var registration = cancellationToken.Register(() =>
        {
            lock (_lock)
            {
                if (node.List is null) return;
                _waiting.Remove(node);
                node.Value.Granted.TrySetCanceled(cancellationToken);
            }
        });
        return await node.Value.Granted.Task;
    }

    /// <summary>The process that this lease was to start stands: where it takes several requests, others may enter.</summary>
    public void Open(Lease lease, WarmProcess process)
    {
        lock (_lock)
        {
            process.Used = 1;
            if (process.Places == 1) return;
            lease.Pool!.Shared.Add(process);
            Serve();
        }
    }

    /// <summary>Nobody enters the process any more. False: nobody is in it, so end it and give the place back; else whoever leaves it last does.</summary>
    public bool TryLeave(Lease lease, WarmProcess process)
    {
        lock (_lock)
        {
            process.Retired = true;
            if (--process.Used > 0) return true;
            lease.Pool!.Shared.Remove(process);
            return false;
        }
    }

    /// <summary>Keeps the process for the next request. False: its version was cooled or the process retired meanwhile; end it and give the place back.</summary>
    public bool TryKeep(Lease lease, WarmProcess process)
    {
        lock (_lock)
        {
            if (--process.Used > 0)
            {
                Serve();
                return true;
            }

            lease.Pool!.Shared.Remove(process);
            if (lease.Pool.Closed || process.Retired) return false;
            lease.Pool.Idle.Add((process, time.GetTimestamp()));
            lease.Pool.Used = ++_clock;
            Serve();
            return true;
        }
    }

    /// <summary>Frees the place of a process that is gone.</summary>
    public void GiveBack(Lease lease)
    {
        lock (_lock)
        {
            Leave(lease.Pool);
            _live--;
            Serve();
        }
    }

    /// <summary>Takes out what was idle for longer than <paramref name="age"/>; the caller ends each and gives its place back.</summary>
    public IReadOnlyList<Lease> TakeIdle(TimeSpan age) =>
        Take(_ => true, (_, since) => time.GetElapsedTime(since) >= age, close: false);

    /// <summary>Takes out all idle processes of a version and lets the busy ones end after their request.</summary>
    public IReadOnlyList<Lease> Cool(string agent, VersionId version) =>
        Take(key => key.Agent == agent && key.Version == version, (_, _) => true, close: true);

    /// <summary>Takes out everything idle and lets the rest end after its request.</summary>
    public IReadOnlyList<Lease> Close() => Take(_ => true, (_, _) => true, close: true);

    private List<Lease> Take(Func<PoolKey, bool> isMeant, Func<WarmProcess, long, bool> isTaken, bool close)
    {
        var taken = new List<Lease>();
        lock (_lock)
        {
            foreach (var (key, pool) in _pools.Where(pair => isMeant(pair.Key)).ToList())
            {
                var old = pool.Idle.Where(item => isTaken(item.Process, item.Since)).ToList();
                taken.AddRange(old.Select(item => new Lease(pool, item.Process, null)));
                pool.Idle.RemoveAll(old.Contains);
                if (!close) continue;
                pool.Closed = true;
                _pools.Remove(key);
            }
        }

        return taken;
    }

    private void Serve()
    {
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (TryGrant(node.Value.Key) is { } lease)
            {
                _waiting.Remove(node);
                node.Value.Granted.SetResult(lease);
            }

            node = next;
        }
    }

    private Lease? TryGrant(PoolKey? key)
    {
        Pool? pool = null;
        if (key is { } wanted)
        {
            if (!_pools.TryGetValue(wanted, out pool)) pool = new Pool(wanted);
            pool.Used = ++_clock;
            if (pool.Shared.Find(process => !process.Retired && process.Used < process.Places) is { } shared)
            {
                shared.Used++;
                return new Lease(pool, shared, null);
            }

            if (pool.Idle.Count > 0)
            {
                // The one used last has the warmest caches, and lets the others grow old and go.
                var process = pool.Idle[^1].Process;
                pool.Idle.RemoveAt(pool.Idle.Count - 1);
                process.Used = 1;
                if (process.Places > 1) pool.Shared.Add(process);
                return new Lease(pool, process, null);
            }

            if (pool.Count >= perVersion) return null;
        }

        WarmProcess? evicted = null;
        if (_live < total)
        {
            _live++;
        }
        else
        {
            var victim = _pools.Values.Where(candidate => candidate.Idle.Count > 0).MinBy(candidate => candidate.Used);
            if (victim is null) return null;
            evicted = victim.Idle[0].Process;
            victim.Idle.RemoveAt(0);
            Leave(victim);
        }

        if (pool is not null)
        {
            pool.Count++;
            _pools[pool.Key] = pool;
        }

        return new Lease(pool, null, evicted);
    }

    private void Leave(Pool? pool)
    {
        if (pool is null) return;
        pool.Count--;
        if (pool.Count == 0 && !pool.Closed) _pools.Remove(pool.Key);
    }

    /// <summary>The processes of one version. Guarded by the lock above.</summary>
    internal sealed class Pool(PoolKey key)
    {
        public PoolKey Key => key;

        public List<(WarmProcess Process, long Since)> Idle { get; } = [];

        /// <summary>Those with requests in them that take several.</summary>
        public List<WarmProcess> Shared { get; } = [];

        /// <summary>Idle, busy and starting.</summary>
        public int Count { get; set; }

        public long Used { get; set; }

        public bool Closed { get; set; }
    }

    private sealed record Waiter(PoolKey? Key, TaskCompletionSource<Lease> Granted);
}

/// <summary>A place to run in.</summary>
/// <param name="Pool">The version's pool; null for a process that no version keeps.</param>
/// <param name="Process">A warm process to use; null: start one.</param>
/// <param name="Evicted">A process of another version to end first, for it made room.</param>
internal sealed record Lease(WarmPools.Pool? Pool, WarmProcess? Process, WarmProcess? Evicted);
