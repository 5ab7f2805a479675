using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Tests.Accounting;

/// <summary>Spans on their way to a trace store that is slow, full or away.</summary>
public sealed class TraceQueueTests
{
    [Fact]
    public async Task AddAsync_MoreThanMayWait_CallsWaitAndNothingIsLost()
    {
        var store = new SlowStore();
        using var meter = new GatewayMeter();
        using var sink = Sink(store, meter, bytes: 1 << 20);
        await sink.StartAsync(GatewayHost.Cancellation);
        // Each of 100 KiB of text, two bytes a letter: five of them are a MiB.
        var adding = Enumerable.Range(0, 40).Select(i => sink.AddAsync(Span(i, 100 * 1024), GatewayHost.Cancellation).AsTask()).ToList();
        adding.Count(task => task.IsCompleted).ShouldBeInRange(1, 10);
        sink.State.Bytes.ShouldBeLessThanOrEqualTo(1 << 20);
        sink.State.Waits.ShouldBeGreaterThanOrEqualTo(30);
        store.Open.SetResult();
        await Task.WhenAll(adding);
        await sink.FlushAsync(GatewayHost.Cancellation);
        store.Spans.Select(span => span.SpanId).Distinct().Count().ShouldBe(40);
        var state = sink.State;
        (state.Spans, state.Bytes, state.Refused, state.Dropped).ShouldBe((0, 0, 0, 0));

        // One that is larger than all that may wait passes alone.
        await sink.AddAsync(Span(41, 2 << 20), GatewayHost.Cancellation);
        await sink.StopAsync(GatewayHost.Cancellation);
        (store.Spans.Count, sink.State.Spans, sink.State.Dropped).ShouldBe((41, 0, 0));
    }

    [Fact]
    public async Task StopAsync_StoreThatTakesNothing_IsTriedSomeTimesAndWhatIsLostIsCounted()
    {
        var store = new SlowStore { Fails = int.MaxValue };
        store.Open.SetResult();
        using var meter = new GatewayMeter();
        using var sink = Sink(store, meter, bytes: 1 << 20);
        await sink.StartAsync(GatewayHost.Cancellation);
        for (var i = 0; i < 3; i++) await sink.AddAsync(Span(i, 10), GatewayHost.Cancellation);
        await sink.StopAsync(GatewayHost.Cancellation);
        (sink.State.Dropped, sink.State.Spans).ShouldBe((3, 0));
        store.Tries.ShouldBeGreaterThanOrEqualTo(5);
    }

    [Fact]
    public async Task StopAsync_StoreThatTakesItAtLast_LosesNothing()
    {
        var store = new SlowStore { Fails = 3 };
        store.Open.SetResult();
        using var meter = new GatewayMeter();
        using var sink = Sink(store, meter, bytes: 1 << 20);
        await sink.StartAsync(GatewayHost.Cancellation);
        await sink.AddAsync(Span(1, 10), GatewayHost.Cancellation);
        await sink.StopAsync(GatewayHost.Cancellation);
        (store.Spans.Count, sink.State.Dropped, sink.State.Refused).ShouldBe((1, 0, 3));
    }

    [Fact]
    public async Task Read_Diagnostics_TellOfTheQueue()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Store.FailuresLeft = 1;
        await host.PostAsync(host.Begin(), Prompts.Chat("local/char-nn", "x"));
        await host.SpansAsync();
        host.Services.GetRequiredService<GatewayState>().Read().Traces.ShouldBe(new TraceQueueState(0, 0, 0, 1, 0));
    }

    private static TraceStoreSpanSink Sink(ITraceWriter store, GatewayMeter meter, long bytes) =>
        new(store, meter, new NoWaiting(), Options.Create(new GatewayOptions { TraceQueueBytes = bytes }), NullLogger<TraceStoreSpanSink>.Instance);

    private static Span Span(int number, int characters) => new()
    {
        TraceId = new TraceId(new string('1', 32)), SpanId = new SpanId($"{number + 1:x16}"), Kind = SpanKind.Model, Name = "chat", Start = DateTimeOffset.UnixEpoch, Duration = TimeSpan.Zero,
        Agent = "a", Purpose = Purpose.Production, Input = new string('x', characters),
    };

    private sealed class SlowStore : ITraceWriter
    {
        private int _tries;

        public TaskCompletionSource Open { get; } = new();

        public int Fails { get; set; }

        public int Tries => _tries;

        public List<Span> Spans { get; } = [];

        public async Task WriteAsync(IReadOnlyList<Span> spans, CancellationToken cancellationToken)
        {
            await Open.Task.WaitAsync(cancellationToken);
            if (Interlocked.Increment(ref _tries) <= Fails) throw new StorageFault("disk-full", "/data", "is full", "Make room.");
            Spans.AddRange(spans);
        }

        public Task WriteFeedbackAsync(IReadOnlyList<Feedback> feedback, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>Nobody has to wait for what is waited for on purpose.</summary>
    private sealed class NoWaiting : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : dueTime, period);
    }
}
