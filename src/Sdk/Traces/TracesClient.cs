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

    public Task<Trace> GetAsync(TraceId id, CancellationToken cancellationToken = default) =>
        _caller.GetAsync($"api/v1/traces/{Uri.EscapeDataString(id.Value)}", ContractsJson.Default.Trace, cancellationToken);

    /// <summary>Idempotent by trace, name and source; a signal may come before its trace.</summary>
    public Task<FeedbackReceipt> FeedbackAsync(FeedbackBatch batch, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/feedback", batch, ContractsJson.Default.FeedbackBatch, ContractsJson.Default.FeedbackReceipt, cancellationToken);

    private static string Path(string path, TraceQuery query, string? limit, string? cursor) =>
        RestCaller.Query(
            path,
            ("agent", query.Agent),
            ("version", query.Version?.Value),
            ("purpose", query.Purpose is { } purpose ? (purpose == Purpose.Production ? "production" : "evaluation") : null),
            ("session", query.Session),
            ("conversation", query.Conversation),
            ("since", query.Since?.UtcDateTime.ToString("O")),
            ("until", query.Until?.UtcDateTime.ToString("O")),
            ("has_error", query.HasError is { } error ? (error ? "true" : "false") : null),
            ("limit", limit),
            ("cursor", cursor));
}
