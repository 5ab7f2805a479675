using System.Threading.Channels;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Espalier.Gateway.Accounting;

/// <summary>Writes spans to the trace store in batches. When the store is slow, callers wait: no span is dropped.</summary>
/// <remarks>A batch that the store refuses is tried again until it is taken; the store ignores spans that it has. Stopping writes what is left.</remarks>
internal sealed class TraceStoreSpanSink(ITraceWriter store, TimeProvider time, ILogger<TraceStoreSpanSink> logger) : BackgroundService, ISpanSink
{
    private const int Capacity = 16_384;
    private const int BatchSize = 1024;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    // Each batch is synced to the disk: spans of one moment share that.
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(20);

    private readonly Channel<Entry> _entries = Channel.CreateBounded<Entry>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly SemaphoreSlim _hurry = new(0);

    // Completes with what is wrong while the store takes nothing; replaced once it takes spans again.
    private volatile TaskCompletionSource<StorageFault> _trouble = NoTrouble();

    public ValueTask AddAsync(Span span, CancellationToken cancellationToken) => _entries.Writer.WriteAsync(new Entry(span, null), cancellationToken);

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var trouble = _trouble.Task;
        var writing = trouble.IsCompleted ? Task.CompletedTask : _entries.Writer.WriteAsync(new Entry(null, done), cancellationToken).AsTask();
        _hurry.Release();
        await Task.WhenAny(Task.WhenAll(writing, done.Task), trouble).WaitAsync(cancellationToken);
        if (!done.Task.IsCompleted && trouble.IsCompleted) throw Again(await trouble);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _entries.Writer.TryComplete();
        _hurry.Release();
        if (ExecuteTask is { } running) await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var spans = new List<Span>(BatchSize);
        var waiting = new List<TaskCompletionSource>();
        while (await _entries.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (_entries.Reader.Count < BatchSize && !stoppingToken.IsCancellationRequested) await _hurry.WaitAsync(Linger, CancellationToken.None);
            while (spans.Count < BatchSize && _entries.Reader.TryRead(out var entry))
            {
                if (entry.Span is { } span) spans.Add(span);
                else waiting.Add(entry.Flushed!);
            }

            if (spans.Count > 0) await WriteAsync(spans, stoppingToken);
            foreach (var flushed in waiting) flushed.TrySetResult();
            spans.Clear();
            waiting.Clear();
        }
    }

    private async Task WriteAsync(List<Span> spans, CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                // Not the stopping token: the last batch must be written while the host stops.
                await store.WriteAsync([.. spans], CancellationToken.None);
                if (_trouble.Task.IsCompleted) _trouble = NoTrouble();
                return;
            }
            catch (Exception e)
            {
                GatewayLog.SpansNotWritten(logger, spans.Count, e);
                // Whoever waits for a flush is told rather than kept waiting: a disk may stay full for days. Other trouble passes.
                if (e is StorageFault fault) _trouble.TrySetResult(fault);
                if (stoppingToken.IsCancellationRequested) return;
                await Task.Delay(RetryDelay, time, CancellationToken.None);
            }
        }
    }

    private static TaskCompletionSource<StorageFault> NoTrouble() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // An exception object that many wait for must not be thrown twice.
    private static StorageFault Again(StorageFault fault) => new(fault.Code, fault.Path, fault.What, fault.Fix, fault);

    private readonly record struct Entry(Span? Span, TaskCompletionSource? Flushed);
}
