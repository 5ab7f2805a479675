using Espalier.Server.Traces.Otlp;

namespace Espalier.Server.Tests.Traces.Otlp;

public sealed class WorkGateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Enter_WhenAllAtWork_WaitsForATurnInOrder()
    {
        var gate = Gate(inWork: 1, waiting: 10);
        var first = await gate.EnterAsync(1, Cancel);
        var second = gate.EnterAsync(1, Cancel);
        var third = gate.EnterAsync(1, Cancel);
        second.IsCompleted.ShouldBeFalse();

        first.Dispose();
        first.Dispose();
        var turn = await second;
        third.IsCompleted.ShouldBeFalse();
        gate.InWork.ShouldBe(1);

        turn.Dispose();
        (await third).Dispose();
        gate.InWork.ShouldBe(0);
    }

    [Fact]
    public async Task Enter_WithMoreBytesThanAllowed_IsAlone()
    {
        var gate = Gate(inWork: 8, waiting: 10, bytes: 1 << 20);
        var huge = await gate.EnterAsync(5 << 20, Cancel);
        var small = gate.EnterAsync(1, Cancel);
        small.IsCompleted.ShouldBeFalse();

        huge.Dispose();
        var turn = await small;
        var next = gate.EnterAsync(2 << 20, Cancel);
        next.IsCompleted.ShouldBeFalse();
        turn.Dispose();
        (await next).Dispose();
    }

    [Fact]
    public async Task Enter_WhenTooManyWait_IsRefusedAtOnce()
    {
        var gate = Gate(inWork: 1, waiting: 1);
        using var first = await gate.EnterAsync(1, Cancel);
        var waiting = gate.EnterAsync(1, Cancel);

        var refusal = await Should.ThrowAsync<OtlpRefusal>(() => gate.EnterAsync(1, Cancel));

        refusal.Status.ShouldBe(429);
        refusal.RetryAfter.ShouldNotBeNull();
        waiting.IsCompleted.ShouldBeFalse();
        first.Dispose();
        (await waiting).Dispose();
    }

    [Fact]
    public async Task Enter_ForTooLong_IsRefused()
    {
        var gate = Gate(inWork: 1, waiting: 5, wait: TimeSpan.FromMilliseconds(1));
        using var first = await gate.EnterAsync(1, Cancel);

        (await Should.ThrowAsync<OtlpRefusal>(() => gate.EnterAsync(1, Cancel))).Status.ShouldBe(429);

        gate.WaitingCount.ShouldBe(0);
    }

    [Fact]
    public async Task Enter_GivenUp_LetsThoseBehindPass()
    {
        var gate = Gate(inWork: 8, waiting: 5, bytes: 1 << 20);
        using var first = await gate.EnterAsync(1 << 19, Cancel);
        using var gone = new CancellationTokenSource();
        var large = gate.EnterAsync(1 << 20, gone.Token);
        var small = gate.EnterAsync(1, Cancel);
        small.IsCompleted.ShouldBeFalse();

        await gone.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(large);
        (await small).Dispose();
        gate.WaitingCount.ShouldBe(0);
    }

    [Fact]
    public async Task Enter_ByManyAtOnce_NeverExceedsItsLimits()
    {
        var gate = Gate(inWork: 3, waiting: 1000, wait: TimeSpan.FromMinutes(1));
        var inside = 0;
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            using var turn = await gate.EnterAsync(i % 7, Cancel);
            var now = Interlocked.Increment(ref inside);
            int seen;
            while ((seen = Volatile.Read(ref most)) < now) Interlocked.CompareExchange(ref most, now, seen);
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }, Cancel)));

        most.ShouldBeInRange(1, 3);
        gate.InWork.ShouldBe(0);
        gate.WaitingCount.ShouldBe(0);
    }

    private static WorkGate Gate(int inWork, int waiting, long bytes = 1 << 30, TimeSpan? wait = null) => new(
        new OtlpOptions { MaxInWork = inWork, MaxWaiting = waiting, MaxBytesInWork = bytes, MaxWait = wait ?? TimeSpan.FromMinutes(1) }, TimeProvider.System);
}
