using System.Net;
using Espalier.Cli.Output;
using Espalier.Contracts.Traces;
using Espalier.Sdk;

namespace Espalier.Cli.Traces.Imports;

/// <summary>Sends the records of files in batches and keeps account of what became of them.</summary>
internal sealed class TraceSender(
    Invocation invocation, EspalierClient client, ProgressBlock block, string? format, string? agent, DateTimeOffset? at)
{
    private const int MostRecords = 200;
    private const int MostCharacters = 4 << 20;
    private const int MostTries = 30;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<string, int> _records = new(StringComparer.Ordinal);
    private readonly HashSet<UInt128> _traces = [];
    private readonly List<string> _rejectedFiles = [];
    private long _spans, _feedback, _rejected;

    public ImportedTraces Answer() => new(_records, _traces.Count, _spans, _feedback, _rejected, _rejectedFiles);

    public async Task SendAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = await TraceFile.OpenAsync(path, cancellationToken);
        using var rejected = new RejectedRecords(invocation, path);
        var batch = new List<FileRecord>();
        var size = 0;
        await foreach (var record in file.ReadAsync(cancellationToken))
        {
            if (record.Problem is { } problem)
            {
                rejected.Add(record.Line, problem, record.Text);
                continue;
            }

            if (batch.Count > 0 && (batch.Count == MostRecords || size + record.Size > MostCharacters)) await FlushAsync();
            batch.Add(record);
            size += record.Size;
        }

        await FlushAsync();
        Warn(path, rejected);

        async Task FlushAsync()
        {
            if (batch.Count > 0) await SendAsync(batch, rejected, cancellationToken);
            batch.Clear();
            size = 0;
            block.Show($"{Path.GetFileName(path)}: {file.Progress:P0}, {_traces.Count} traces, {_spans} spans, {_rejected + rejected.Count} rejected");
        }
    }

    private async Task SendAsync(List<FileRecord> batch, RejectedRecords rejected, CancellationToken cancellationToken)
    {
        var request = new TraceImportBatch
        {
            Format = format,
            Agent = agent,
            At = at,
            Records =
            [
                .. batch.Select(record => new TraceImportRecord
                {
                    Line = record.Line, Content = record.Text, Protobuf = record.Protobuf is { } bytes ? Convert.ToBase64String(bytes) : null,
                }),
            ],
        };
        var receipt = await TrySendAsync(request, cancellationToken);
        if (receipt is null)
        {
            // Escaped it is larger than a request may be.
            foreach (var record in batch) rejected.Add(record.Line, "it is too large to be sent", record.Text);
            return;
        }

        foreach (var (name, count) in receipt.Accepted) _records[name] = _records.GetValueOrDefault(name) + count;
        foreach (var trace in receipt.Traces) _traces.Add(UInt128.Parse(trace.Value, System.Globalization.NumberStyles.AllowHexSpecifier));
        _spans += receipt.Spans;
        _feedback += receipt.Feedback;
        foreach (var one in receipt.Rejected) rejected.Add(one.Line, one.Reason, batch.Find(record => record.Line == one.Line)?.Text);
    }

    private async Task<TraceImportReceipt?> TrySendAsync(TraceImportBatch request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await client.Traces.ImportAsync(request, cancellationToken);
            }
            catch (EspalierException exception) when (exception.Status == (int)HttpStatusCode.RequestEntityTooLarge)
            {
                return null;
            }
            catch (EspalierException exception) when (exception.Status == (int)HttpStatusCode.TooManyRequests && attempt < MostTries)
            {
                // The store is behind; what it has acknowledged stays.
                await Task.Delay(Pause, invocation.Terminal.Time, cancellationToken);
            }
        }
    }

    private void Warn(string path, RejectedRecords rejected)
    {
        if (rejected.Count == 0) return;
        _rejected += rejected.Count;
        if (rejected.Path is { } list) _rejectedFiles.Add(list);
        invocation.Warn($"{rejected.Count} records of {Path.GetFileName(path)} were left out ({rejected.First}); "
            + (rejected.Path is null ? "their list could not be written" : $"all of them are in {rejected.Path}"));
    }
}
