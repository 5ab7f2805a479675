using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Espalier.Contracts;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Traces;
using Espalier.Core.Releases;
using Espalier.Core.Runs;
using Espalier.Core.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Server.Agents;
using Espalier.Server.Hosting;

namespace Espalier.Server.Traces;

/// <summary>Carries deletions out, one after the other, until each is done: what was promised survives a restart.</summary>
/// <remarks>Each is a small file. When it is done the name of whose traces they were is taken out of it too.</remarks>
internal sealed class TraceDeletions(
    ITraceStore store, IToolStore tools, ISpanSink spans, IAuditLog audit, ServerFolder folder, TimeProvider time, ILogger<TraceDeletions> logger) : BackgroundService
{
    private const int Page = 500;
    private const int MostWaiting = 10_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Deletion> _known = new(StringComparer.Ordinal);
    private readonly Channel<string> _waiting = Channel.CreateBounded<string>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.Wait });

    private string Folder => Path.Combine(folder.Path, "traces", "deletions");

    public Deletion? Find(string id) => _known.GetValueOrDefault(id);

    public async Task<Deletion> AskAsync(DeleteTracesRequest asked, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var deletion = new Deletion { Id = $"del_{Guid.CreateVersion7(now):N}", Asked = asked, At = now };
        await KeepAsync(deletion, cancellationToken);
        await audit.AppendAsync(new AuditAct(Principals.Local, "traces.deletion_asked", deletion.Id, KindOf(asked)), cancellationToken);
        await _waiting.Writer.WriteAsync(deletion.Id, cancellationToken);
        return deletion;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            foreach (var earlier in ReadEarlier())
            {
                _known[earlier.Id] = earlier;
                if (earlier.DoneAt is null) await _waiting.Writer.WriteAsync(earlier.Id, stoppingToken);
            }

            await foreach (var id in _waiting.Reader.ReadAllAsync(stoppingToken))
                while (!await TryAsync(_known[id], stoppingToken)) await Task.Delay(Pause, time, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The files say what is left; the next start goes on.
        }
    }

    private static string KindOf(DeleteTracesRequest asked) => asked.User is not null ? "of a user" : asked.Conversation is not null ? "of a conversation" : "of one trace";

    private async Task<bool> TryAsync(Deletion deletion, CancellationToken cancellationToken)
    {
        try
        {
            await spans.FlushAsync(cancellationToken);
            await DeleteRecordingsAsync(deletion.Asked, cancellationToken);
            var (traces, deleted, feedback) = await store.DeleteAsync(deletion.Asked, cancellationToken);
            var done = deletion with { Asked = new(), DoneAt = time.GetUtcNow(), Traces = traces, Spans = deleted, Feedback = feedback, Problem = null };
            await audit.AppendAsync(new AuditAct(Principals.Local, "traces.deleted", deletion.Id, $"{traces} traces, {deleted} spans, {feedback} feedback"), cancellationToken);
            await KeepAsync(done, cancellationToken);
            return true;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            TracesLog.DeletionFailed(logger, deletion.Id, error.Message);
            _known[deletion.Id] = deletion with { Problem = error.Message };
            return false;
        }
    }

    // Before the traces, which say whose recordings they are; what is asked again after a kill finds both.
    private async Task DeleteRecordingsAsync(DeleteTracesRequest asked, CancellationToken cancellationToken)
    {
        if (asked.TraceId is { } trace)
        {
            await tools.DeleteAsync([trace.Value], cancellationToken);
            return;
        }

        var query = new TraceQuery { User = asked.User, Conversation = asked.Conversation, Limit = Page };
        do
        {
            var page = await store.ListAsync(query, cancellationToken);
            await tools.DeleteAsync([.. page.Items.Select(one => one.TraceId.Value)], cancellationToken);
            query = query with { Cursor = page.NextCursor };
        }
        while (query.Cursor is not null);
    }

    // Whole or not at all: written beside and renamed.
    private async Task KeepAsync(Deletion deletion, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(Folder, deletion.Id + ".json");
        await File.WriteAllTextAsync(path + ".new", JsonSerializer.Serialize(deletion, ContractsJson.Default.Deletion), cancellationToken);
        File.Move(path + ".new", path, overwrite: true);
        _known[deletion.Id] = deletion;
    }

    private List<Deletion> ReadEarlier() => !Directory.Exists(Folder) ? [] : [.. Directory.EnumerateFiles(Folder, "del_*.json").Order(StringComparer.Ordinal)
        .Select(path => JsonSerializer.Deserialize(File.ReadAllText(path), ContractsJson.Default.Deletion)!)];
}
