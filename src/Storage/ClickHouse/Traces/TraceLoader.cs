using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Storage.ClickHouse.Journal;
using Espalier.Storage.ClickHouse.Traces.Folding;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Moves rows from the journal into the tables, in batches; what an earlier process left goes first.</summary>
/// <remarks>A batch that may have been loaded already is loaded again: rows are known by their ids, and copies count once.</remarks>
internal sealed class TraceLoader(
    TraceJournal journal, ClickHouseClient client, TraceFolder folder, LoadPace pace, SamplingOptions sampling, ClickHouseOptions options, TimeProvider time,
    ILogger<TraceLoader> logger) : BackgroundService
{
    private const int MostRefusals = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<(long Number, TaskCompletionSource Done)> _waiters = [];
    private readonly SemaphoreSlim _hurry = new(0);
    private bool _hasTables;

    /// <summary>Returns when the tables are there and hold everything that was acknowledged before the call.</summary>
    /// <exception cref="StorageFault">The trace store does not answer.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var number = await journal.LastNumberAsync(cancellationToken) ?? 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_hasTables && journal.LoadedNumber >= number) return;
            _waiters.Add((number, done));
        }

        _hurry.Release();
        await done.Task.WaitAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _hurry.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The host waits for the first step of every service.
        await Task.Yield();
        try
        {
            await RetryAsync(MigrateAsync, stoppingToken);
            while (true)
            {
                await journal.WaitForRowsAsync(stoppingToken);
                do await GatherAsync(stoppingToken);
                while (await LoadNextAsync(stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What waits in the journal is loaded at the next start.
            Fail(new OperationCanceledException("The server stops."));
        }
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await new ClickHouseMigrator(client).MigrateAsync(cancellationToken);
        lock (_lock) _hasTables = true;
        Finish();
    }

    // Waits for a full batch a moment, unless somebody wants to read.
    private async Task GatherAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_waiters.Count > 0) return;
        }

        if (!await journal.IsBatchReadyAsync(cancellationToken)) await _hurry.WaitAsync(options.BatchDelay, cancellationToken);
    }

    private async Task<bool> LoadNextAsync(CancellationToken cancellationToken)
    {
        if (await journal.NextAsync(cancellationToken) is not { } file) return false;
        var refusals = 0;
        var began = time.GetTimestamp();
        await RetryAsync(
            async token =>
            {
                try
                {
                    await LoadAsync(file, token);
                    await journal.RemoveAsync(file, token);
                }
                catch (ClickHouseException error) when (error.Code is ClickHouseException.UnknownTable)
                {
                    // The tables were there before: somebody emptied the store under the running server.
                    await MigrateAsync(token);
                    throw;
                }
                catch (Exception error) when (error is ClickHouseException { IsPassing: false } or InvalidDataException && ++refusals >= MostRefusals)
                {
                    TraceStoreLog.Rejected(logger, error, await journal.RejectAsync(file, token));
                }
            },
            cancellationToken);
        pace.Loaded(file.Bytes, time.GetElapsedTime(began));
        Finish();
        return true;
    }

    private async Task LoadAsync(JournalFile file, CancellationToken cancellationToken)
    {
        using var content = await file.ReadAsync(cancellationToken);
        foreach (var group in content.Records.GroupBy(one => one.Record.Kind))
        {
            switch (group.Key)
            {
                case JournalKind.Spans:
                    await LoadSpansAsync([.. group], cancellationToken);
                    break;
                case JournalKind.Feedback:
                    await InsertAsync(FeedbackRow.Insert, [.. group], cancellationToken);
                    break;
                default:
                    throw new InvalidDataException($"{file.Path} holds rows of kind {group.Key}, which this version does not know: a newer one wrote it.");
            }
        }
    }

    private async Task LoadSpansAsync(IReadOnlyList<LoadedRecord> records, CancellationToken cancellationToken)
    {
        var plan = await folder.PlanAsync(records, cancellationToken);
        await InsertAsync(sampling.IsOn ? SpanRow.InsertPending : SpanRow.Insert, records, cancellationToken);
        await folder.FoldAsync(plan, cancellationToken);
    }

    private Task InsertAsync(string insert, IReadOnlyList<LoadedRecord> records, CancellationToken cancellationToken) =>
        client.InsertAsync(insert, [.. records.Select(one => one.Rows)], cancellationToken);

    private async Task RetryAsync(Func<CancellationToken, Task> step, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
        {
            try
            {
                await step(cancellationToken);
                return;
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                TraceStoreLog.LoadFailed(logger, error.Message, journal.WaitingBytes);
                pace.Stalled();
                // What passes by itself is not told to readers at once. After that they are told rather than kept waiting; the next one that
                // asks ends the pause.
                if (error is not ClickHouseException { IsPassing: true } || time.GetElapsedTime(began) > options.Patience) Fail(error);
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(pause, time, either.Token), _hurry.WaitAsync(either.Token));
            await either.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void Finish()
    {
        lock (_lock)
        {
            if (!_hasTables) return;
            foreach (var (number, done) in _waiters)
                if (journal.LoadedNumber >= number) done.TrySetResult();
            _waiters.RemoveAll(w => w.Done.Task.IsCompleted);
        }
    }

    private void Fail(Exception error)
    {
        lock (_lock)
        {
            foreach (var (_, done) in _waiters) done.TrySetException(error);
            _waiters.Clear();
        }
    }
}
