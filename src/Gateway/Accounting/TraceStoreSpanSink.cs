using System.Threading.Channels;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Accounting;

/// <summary>Writes spans to the trace store in batches. When the store is slow, callers wait: no span is dropped while the server runs.</summary>
/// <remarks>Bounded by spans and by bytes. A batch that the store refuses is tried again until it is taken; the store ignores spans that it has. Stopping writes what is
/// left, tries a refused batch some more times, and then counts and tells what is lost.</remarks>
internal sealed class TraceStoreSpanSink : BackgroundService, ISpanSink
{
    private const int Capacity = 16_384;
    private const int BatchSize = 1024;
    private const int LastTries = 5;

    // What a span takes beside its texts.
    private const int SpanBytes = 1024;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    // Each batch is synced to the disk: spans of one moment share that.
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(20);

    private readonly Channel<Entry> _entries = Channel.CreateBounded<Entry>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly SemaphoreSlim _hurry = new(0);
    private readonly ITraceWriter _store;
    private readonly TimeProvider _time;
    private readonly ILogger<TraceStoreSpanSink> _logger;
    private readonly long _mostBytes;
    private long _bytes;
    private int _spans;
    private long _waits;
    private long _refused;
    private long _dropped;
    private volatile bool _stopping;

    // Completes when a batch has left, so that there is room; replaced then.
    private volatile TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Completes with what is wrong while the store takes nothing; replaced once it takes spans again.
    private volatile TaskCompletionSource<StorageFault> _trouble = NoTrouble();

    public TraceStoreSpanSink(ITraceWriter store, GatewayMeter meter, TimeProvider time, IOptions<GatewayOptions> options, ILogger<TraceStoreSpanSink> logger)
    {
        (_store, _time, _logger, _mostBytes) = (store, time, logger, options.Value.TraceQueueBytes);
        meter.Watch(() => State);
    }

    public TraceQueueState State => new(Volatile.Read(ref _spans), Interlocked.Read(ref _bytes), Interlocked.Read(ref _waits), Interlocked.Read(ref _refused), Interlocked.Read(ref _dropped));

    public ValueTask AddAsync(Span span, CancellationToken cancellationToken)
    {
        var entry = new Entry(span, null, SizeOf(span));
        if (!TryTake(entry.Bytes)) return AddLaterAsync(entry, cancellationToken);
        if (_entries.Writer.TryWrite(entry)) return ValueTask.CompletedTask;
        GiveBack(entry.Bytes, 1);
        return AddLaterAsync(entry, cancellationToken);
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var trouble = _trouble.Task;
        var writing = trouble.IsCompleted ? Task.CompletedTask : _entries.Writer.WriteAsync(new Entry(null, done, 0), cancellationToken).AsTask();
        _hurry.Release();
        await Task.WhenAny(Task.WhenAll(writing, done.Task), trouble).WaitAsync(cancellationToken);
        if (!done.Task.IsCompleted && trouble.IsCompleted) throw Again(await trouble);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // The token of the host's service comes only when the writing is done.
        _stopping = true;
        _entries.Writer.TryComplete();
        _hurry.Release();
        if (ExecuteTask is { } running) await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
        // The time that the host gives ran out first.
        if (ExecuteTask is { IsCompleted: false } && Volatile.Read(ref _spans) is > 0 and var left) Drop(left);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var spans = new List<Span>(BatchSize);
        var waiting = new List<TaskCompletionSource>();
        var bytes = 0L;
        while (await _entries.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (_entries.Reader.Count < BatchSize && !_stopping) await _hurry.WaitAsync(Linger, CancellationToken.None);
            while (spans.Count < BatchSize && _entries.Reader.TryRead(out var entry))
            {
                if (entry.Span is { } span) spans.Add(span);
                else waiting.Add(entry.Flushed!);
                bytes += entry.Bytes;
            }

            if (spans.Count > 0)
            {
                await WriteAsync(spans);
                GiveBack(bytes, spans.Count);
            }

            foreach (var flushed in waiting) flushed.TrySetResult();
            spans.Clear();
            waiting.Clear();
            bytes = 0;
        }
    }

    private async Task WriteAsync(List<Span> spans)
    {
        // Once one batch was given up, the store is given one more chance for each of the others.
        for (var left = _dropped > 0 ? 1 : LastTries; ;)
        {
            try
            {
                // Not the stopping token: the last batch must be written while the host stops.
                await _store.WriteAsync([.. spans], CancellationToken.None);
                if (_trouble.Task.IsCompleted) _trouble = NoTrouble();
                return;
            }
            catch (Exception e)
            {
                Interlocked.Increment(ref _refused);
                GatewayLog.SpansNotWritten(_logger, spans.Count, e);
                // Whoever waits for a flush is told rather than kept waiting: a disk may stay full for days. Other trouble passes.
                if (e is StorageFault fault) _trouble.TrySetResult(fault);
                if (_stopping && --left == 0)
                {
                    Drop(spans.Count);
                    return;
                }

                await Task.Delay(RetryDelay, _time, CancellationToken.None);
            }
        }
    }

    private async ValueTask AddLaterAsync(Entry entry, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waits);
        // Looked at before the bytes: room that comes in between is then not missed.
        for (var room = _room.Task; !TryTake(entry.Bytes); room = _room.Task) await room.WaitAsync(cancellationToken);

        try
        {
            await _entries.Writer.WriteAsync(entry, cancellationToken);
        }
        catch
        {
            GiveBack(entry.Bytes, 1);
            throw;
        }
    }

    // One span alone always fits: it would wait for ever.
    private bool TryTake(long bytes)
    {
        long taken;
        do
        {
            taken = Interlocked.Read(ref _bytes);
            if (taken > 0 && taken + bytes > _mostBytes) return false;
        }
        while (Interlocked.CompareExchange(ref _bytes, taken + bytes, taken) != taken);
        Interlocked.Increment(ref _spans);
        return true;
    }

    private void GiveBack(long bytes, int spans)
    {
        Interlocked.Add(ref _bytes, -bytes);
        Interlocked.Add(ref _spans, -spans);
        Interlocked.Exchange(ref _room, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private void Drop(int spans)
    {
        Interlocked.Add(ref _dropped, spans);
        GatewayLog.SpansDropped(_logger, spans);
    }

    private static long SizeOf(Span span)
    {
        var characters = (span.Input?.Length ?? 0L) + (span.Output?.Length ?? 0) + (span.Error?.Length ?? 0);
        // The shared list of attributes is walked without an enumerator on the heap where it is the usual kind.
        if (span.Attributes is Dictionary<string, string> attributes)
            foreach (var (_, value) in attributes) characters += value.Length;
        return SpanBytes + (characters * sizeof(char));
    }

    private static TaskCompletionSource<StorageFault> NoTrouble() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // An exception object that many wait for must not be thrown twice.
    private static StorageFault Again(StorageFault fault) => new(fault.Code, fault.Path, fault.What, fault.Fix, fault);

    private readonly record struct Entry(Span? Span, TaskCompletionSource? Flushed, long Bytes);
}
