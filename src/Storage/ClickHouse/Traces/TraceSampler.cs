using System.Globalization;
using Espalier.Core.Traces;
using Espalier.Storage.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Decides which traces are kept once they are complete, and moves their spans from where they wait to where they stay.</summary>
/// <remarks>
/// Every step may run twice or be cut off: a decision is made once and written down, moving what was moved changes nothing, and a part of
/// what waits is given up only when all of its traces are decided and moved. With sampling off it empties what waited from before.
/// </remarks>
internal sealed class TraceSampler(
    ClickHouseClient client, TraceLoader loader, FeedbackMetrics metrics, SamplingOptions sampling, ClickHouseOptions options, TimeProvider time,
    ILogger<TraceSampler> logger) : BackgroundService
{
    private const long PartitionUs = 600_000_000;

    private static readonly TimeSpan Off = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _turn = new(1);
    private long _since;

    /// <summary>One round; true when spans still wait.</summary>
    public async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await DecideAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    private async Task<bool> DecideAsync(CancellationToken cancellationToken)
    {
        await loader.FlushAsync(cancellationToken);
        if (await CountPendingAsync(cancellationToken) == 0) return false;
        var now = time.GetUtcNow();
        var since = _since;
        var began = UnixMicros.From(now);
        await client.ExecuteAsync(TraceSql.Decide, Parameters(now), cancellationToken);
        var moved = new ClickHouseParameters().Add("project", options.Project).Add("since", since);
        await client.ExecuteAsync(TraceSql.MoveKept, moved, cancellationToken);
        await client.ExecuteAsync(TraceSql.MarkDecided, moved, cancellationToken);
        _since = began;
        await DropDecidedAsync(now, cancellationToken);
        return await CountPendingAsync(cancellationToken) > 0;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            var waits = false;
            try
            {
                waits = await RunOnceAsync(stoppingToken);
                if (!waits && !sampling.IsOn) return;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                TraceStoreLog.SamplingFailed(logger, error.Message);
                waits = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await Task.Delay(sampling.IsOn ? sampling.Quiet / 2 : waits ? sampling.Quiet : Off, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<long> CountPendingAsync(CancellationToken cancellationToken) =>
        (await client.QueryAsync("SELECT count() AS rows FROM pending_spans", ClickHouseParameters.None, TraceJson.Default.RowCount, cancellationToken))[0].Rows;

    private ClickHouseParameters Parameters(DateTimeOffset now)
    {
        var known = metrics.Names.Select(name => metrics.Find(name)!).ToList();
        return new ClickHouseParameters()
            .Add("project", options.Project)
            .Add("share", sampling.KeepShare)
            .Add("now", UnixMicros.From(now))
            .Add("quiet_before", UnixMicros.From(now - sampling.Quiet))
            .Add("patience_before", UnixMicros.From(now - sampling.Patience))
            .Add("slow_us", sampling.KeepSlowerThan is { } slow ? slow.Ticks / TimeSpan.TicksPerMicrosecond : long.MaxValue)
            .Add("dear_nano", sampling.KeepDearerThan is { } dear ? (long)Math.Min(long.MaxValue, dear * 1_000_000_000m) : long.MaxValue)
            .Add("users", sampling.KeepUsers).Add("versions", sampling.KeepVersions).Add("tools", sampling.KeepTools)
            .Add("metrics", known.Select(metric => metric.Name))
            // Speaks against the answer: below what passes, or at and above it where less is better.
            .AddArray("pass_at", known.Select(metric => metric.PassAt.ToString("R", CultureInfo.InvariantCulture)))
            .AddArray("lower", known.Select(metric => metric.LowerIsBetter ? "1" : "0"));
    }

    private async Task DropDecidedAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        // A part that may still be written to is left alone.
        var end = UnixMicros.From(now - sampling.Quiet) / PartitionUs;
        var partitions = await client.QueryAsync(
            "SELECT intDiv(written, 600000000) AS part, countIf(trace_id NOT IN (SELECT trace_id FROM sampling_decisions)) AS undecided FROM pending_spans GROUP BY part",
            ClickHouseParameters.None, TraceJson.Default.PendingPartition, cancellationToken);
        foreach (var (part, undecided) in partitions)
        {
            if (part >= end || undecided > 0) continue;
            await client.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"ALTER TABLE pending_spans DROP PARTITION {part}"), cancellationToken);
        }
    }
}

/// <summary>Ten minutes of waiting spans, and how many of them are of traces that are not decided yet.</summary>
internal sealed record PendingPartition(long Part, long Undecided);
