using Espalier.Contracts;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Sdk.Shared;

namespace Espalier.Sdk.Traces;

/// <summary>What the agents did, what it cost, and what was said about it later.</summary>
public sealed class TracesClient
{
    private readonly RestCaller _caller;

    internal TracesClient(RestCaller caller) => _caller = caller;

    public Task<Page<TraceSummary>> ListAsync(TraceQuery query, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(
            Path("api/v1/traces", query, query.Limit.ToString(), query.Cursor), ContractsJson.Default.PageTraceSummary, cancellationToken);

    public Task<TraceTotals> TotalsAsync(TraceQuery query, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(Path("api/v1/traces/totals", query, null, null), ContractsJson.Default.TraceTotals, cancellationToken);

    /// <param name="by">One to three, each once.</param>
    /// <param name="metric">Which feedback says what passed.</param>
    public Task<TraceBreakdown> BreakDownAsync(
        TraceQuery query, IReadOnlyList<TraceDimension> by, string metric = "outcome", CancellationToken cancellationToken = default) =>
        _caller.GetAsync(
            RestCaller.Query(
                "api/v1/traces/breakdown",
                [("by", string.Join(',', by.Select(one => one.ToString().ToLowerInvariant()))), ("metric", metric), .. Filters(query), ("limit", query.Limit.ToString())]),
            ContractsJson.Default.TraceBreakdown,
            cancellationToken);

    public Task<Conversation> GetConversationAsync(string conversation, CancellationToken cancellationToken = default) =>
        _caller.GetAsync($"api/v1/conversations/{Uri.EscapeDataString(conversation)}", ContractsJson.Default.Conversation, cancellationToken);

    /// <summary>Asks for a deletion, which is then carried out whatever happens to the server; see <see cref="GetDeletionAsync"/>.</summary>
    public Task<Deletion> DeleteAsync(DeleteTracesRequest request, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/traces/deletions", request, ContractsJson.Default.DeleteTracesRequest, ContractsJson.Default.Deletion, cancellationToken);

    public Task<Deletion> GetDeletionAsync(string id, CancellationToken cancellationToken = default) =>
        _caller.GetAsync($"api/v1/traces/deletions/{Uri.EscapeDataString(id)}", ContractsJson.Default.Deletion, cancellationToken);

    public Task<UnknownMetrics> UnknownMetricsAsync(CancellationToken cancellationToken = default) =>
        _caller.GetAsync("api/v1/feedback/unknown", ContractsJson.Default.UnknownMetrics, cancellationToken);

    public Task<Trace> GetAsync(TraceId id, CancellationToken cancellationToken = default) =>
        _caller.GetAsync($"api/v1/traces/{Uri.EscapeDataString(id.Value)}", ContractsJson.Default.Trace, cancellationToken);

    /// <summary>Idempotent by trace, name and source; a signal may come before its trace.</summary>
    public Task<FeedbackReceipt> FeedbackAsync(FeedbackBatch batch, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/feedback", batch, ContractsJson.Default.FeedbackBatch, ContractsJson.Default.FeedbackReceipt, cancellationToken);

    /// <summary>Stores records of files with traces; sending them again changes nothing. Records that cannot be read are told in the answer.</summary>
    public Task<TraceImportReceipt> ImportAsync(TraceImportBatch batch, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/traces/imports", batch, ContractsJson.Default.TraceImportBatch, ContractsJson.Default.TraceImportReceipt, cancellationToken);

    private static string Path(string path, TraceQuery query, string? limit, string? cursor) =>
        RestCaller.Query(path, [.. Filters(query), ("limit", limit), ("cursor", cursor)]);

    private static IEnumerable<(string Name, string? Value)> Filters(TraceQuery query) =>
    [
        ("agent", query.Agent),
        ("version", query.Version?.Value),
        ("purpose", query.Purpose is { } purpose ? (purpose == Purpose.Production ? "production" : "evaluation") : null),
        ("session", query.Session),
        ("conversation", query.Conversation),
        ("user", query.User),
        ("service", query.Service),
        ("environment", query.Environment),
        ("model", query.Model),
        ("tool", query.Tool),
        ("response_id", query.ResponseId),
        ("text", query.Text),
        ("min_duration_ms", query.MinDuration?.TotalMilliseconds.ToString("R", System.Globalization.CultureInfo.InvariantCulture)),
        ("since", query.Since?.UtcDateTime.ToString("O")),
        ("until", query.Until?.UtcDateTime.ToString("O")),
        ("has_error", query.HasError is { } error ? (error ? "true" : "false") : null),
    ];
}
