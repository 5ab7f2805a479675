using Espalier.Contracts.Agents;
using Espalier.Core.Runs;
using Espalier.Workers.Runs;
using Espalier.Workers.Runs.Jsonl;

namespace Espalier.Workers.Tests.Runs;

public sealed class WarmPoolsTests
{
    private static readonly RunContract Contract = new()
    {
        Command = "x", Protocol = RunProtocol.Jsonl, Timeout = TimeSpan.FromSeconds(1), MemoryBytes = 1, Environment = new Dictionary<string, string>(),
    };

    [Fact]
    public async Task Rent_BeyondPerVersion_WaitsForReturn()
    {
        var pools = new WarmPools(perVersion: 1, total: 4, TimeProvider.System);
        var first = await RentAsync(pools, "a");
        var second = RentAsync(pools, "a");
        second.IsCompleted.ShouldBeFalse();
        var process = Process();
        pools.TryKeep(first, process).ShouldBeTrue();
        (await second).Process.ShouldBe(process);
    }

    [Fact]
    public async Task Rent_BeyondTotal_ServesInOrderOfComing()
    {
        var pools = new WarmPools(perVersion: 1, total: 1, TimeProvider.System);
        var first = await RentAsync(pools, "a");
        var waiting = new[] { "b", "c", "b" }.Select(name => RentAsync(pools, name)).ToList();
        pools.GiveBack(first);
        pools.GiveBack(await waiting[0]);
        waiting[2].IsCompleted.ShouldBeFalse();
        pools.GiveBack(await waiting[1]);
        pools.GiveBack(await waiting[2]);
    }

    [Fact]
    public async Task Rent_CancelledWhileWaiting_TakesNoPlace()
    {
        var pools = new WarmPools(perVersion: 1, total: 1, TimeProvider.System);
        var first = await RentAsync(pools, "a");
        using var stop = new CancellationTokenSource();
        var waiting = pools.RentAsync(null, stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        pools.GiveBack(first);
        (await RentAsync(pools, "b")).Evicted.ShouldBeNull();
    }

    [Fact]
    public async Task Rent_IdleOfAnotherVersion_IsEvictedForOneShotToo()
    {
        var pools = new WarmPools(perVersion: 1, total: 1, TimeProvider.System);
        var process = Process();
        pools.TryKeep(await RentAsync(pools, "a"), process);
        var lease = await pools.RentAsync(null, CancellationToken.None);
        lease.Evicted.ShouldBe(process);
        lease.Process.ShouldBeNull();
    }

    [Fact]
    public async Task Cool_BusyProcess_IsNotKept()
    {
        var pools = new WarmPools(perVersion: 2, total: 2, TimeProvider.System);
        var busy = await RentAsync(pools, "a");
        pools.Cool("agent", new VersionId("a")).ShouldBeEmpty();
        pools.TryKeep(busy, Process()).ShouldBeFalse();
        pools.GiveBack(busy);
        (await RentAsync(pools, "a")).Process.ShouldBeNull();
    }

    /// <summary>Whatever happens in whatever order, the limits hold and nobody waits while there is room.</summary>
    [Fact]
    public async Task Rent_RandomUse_HoldsLimitsAndServesEveryone()
    {
        var seed = new Core.Shared.Seed(20310517);
        for (var round = 0; round < 200; round++)
        {
            var rng = seed.For("pools", round);
            var (perVersion, total) = (1 + rng.Next(3), 1 + rng.Next(5));
            var pools = new WarmPools(perVersion, total, TimeProvider.System);
            var (living, waiting) = (new List<(Lease Lease, WarmProcess? Process)>(), new List<Task<Lease>>());
            var processes = 0;
            for (var step = 0; step < 60; step++)
            {
                if (living.Count == 0 || rng.Next(2) == 0)
                {
                    waiting.Add(rng.Next(4) == 0 ? pools.RentAsync(null, CancellationToken.None) : RentAsync(pools, $"{rng.Next(3)}"));
                }
                else
                {
                    var at = rng.Next(living.Count);
                    var (lease, process) = living[at];
                    living.RemoveAt(at);
                    if (lease.Pool is null || rng.Next(3) == 0 || !pools.TryKeep(lease, process!))
                    {
                        processes--;
                        pools.GiveBack(lease);
                    }
                }

                foreach (var done in waiting.Where(task => task.IsCompleted).ToList())
                {
                    waiting.Remove(done);
                    var lease = await done;
                    if (lease.Evicted is not null) processes--;
                    if (lease.Process is null) processes++;
                    living.Add((lease, lease.Process ?? Process()));
                }

                processes.ShouldBeLessThanOrEqualTo(total);
                living.Where(item => item.Lease.Pool is not null).GroupBy(item => item.Lease.Pool!.Key).ShouldAllBe(group => group.Count() <= perVersion);
            }

            while (living.Count > 0 || waiting.Count > 0)
            {
                foreach (var (lease, _) in living) pools.GiveBack(lease);
                living = [];
                if (waiting.Count > 0) await Task.WhenAny(waiting).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
                foreach (var done in waiting.Where(task => task.IsCompleted).ToList())
                {
                    waiting.Remove(done);
                    living.Add((await done, null));
                }
            }
        }
    }

    private static Task<Lease> RentAsync(WarmPools pools, string version) =>
        pools.RentAsync(new PoolKey("agent", new VersionId(version), ""), CancellationToken.None);

    private static WarmProcess Process() => new(new NoProcess(), new JsonlProtocol().Attach(new NoProcess(), Contract, 1024), "token", 1);

    private sealed class NoProcess : ISandboxProcess
    {
        public Stream StandardInput => Stream.Null;

        public Stream StandardOutput => Stream.Null;

        public string StderrTail => "";

        public Task<int> WaitForExitAsync(CancellationToken cancellationToken) => new TaskCompletionSource<int>().Task;

        public void Kill()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
