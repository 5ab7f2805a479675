using Espalier.Contracts;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.Sdk.Shared;

/// <summary>The server itself: is it there, is it healthy, what did it do, what did it spend.</summary>
public sealed class ServerClient
{
    private readonly RestCaller _caller;

    internal ServerClient(RestCaller caller) => _caller = caller;

    public async Task<string> VersionAsync(CancellationToken cancellationToken = default) =>
        (await _caller.GetTextAsync("version", cancellationToken).ConfigureAwait(false)).Trim().Trim('"');

    /// <summary>What keeps the server from working, with the fix; null when it is ready. Throws when nobody answers.</summary>
    public async Task<EspalierException?> FindTroubleAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await _caller.GetTextAsync("readyz", cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (EspalierException exception) when (exception.Status == 503)
        {
            return exception;
        }
    }

    /// <param name="path">An agent's folder on the server's machine whose contract is checked too; null for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<DoctorReport> DoctorAsync(string? path, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(RestCaller.Query("api/v1/doctor", ("path", path)), ContractsJson.Default.DoctorReport, cancellationToken);

    public Task ShutdownAsync(CancellationToken cancellationToken = default) => _caller.PostAsync("api/v1/shutdown", cancellationToken);

    public Task<BudgetState> BudgetAsync(BudgetId id, CancellationToken cancellationToken = default) =>
        _caller.GetAsync($"api/v1/budgets/{id.Value}", ContractsJson.Default.BudgetState, cancellationToken);

    /// <summary>Sets the limit of a line of the ledger; null lifts it.</summary>
    public Task<BudgetState> SetBudgetAsync(BudgetId id, Usd? limit, CancellationToken cancellationToken = default) =>
        _caller.PutAsync($"api/v1/budgets/{id.Value}", new SetBudget(limit), ContractsJson.Default.SetBudget, ContractsJson.Default.BudgetState, cancellationToken);

    /// <summary>Makes a virtual key. The secret is in this answer alone.</summary>
    public Task<CreatedKey> CreateKeyAsync(CreateKey request, CancellationToken cancellationToken = default) =>
        _caller.PostAsync("api/v1/keys", request, ContractsJson.Default.CreateKey, ContractsJson.Default.CreatedKey, cancellationToken);

    public Task<Page<ApiKey>> KeysAsync(CancellationToken cancellationToken = default) =>
        _caller.GetAsync("api/v1/keys", ContractsJson.Default.PageApiKey, cancellationToken);

    public Task<ApiKey> RevokeKeyAsync(string id, CancellationToken cancellationToken = default) =>
        _caller.RevokeAsync($"api/v1/keys/{Uri.EscapeDataString(id)}", ContractsJson.Default.ApiKey, cancellationToken);

    public Task<Page<ProviderKey>> ProviderKeysAsync(CancellationToken cancellationToken = default) =>
        _caller.GetAsync("api/v1/providers/keys", ContractsJson.Default.PageProviderKey, cancellationToken);

    /// <summary>Keeps a provider's key, encrypted; used from the next request on.</summary>
    public Task<ProviderKey> SetProviderKeyAsync(string provider, string key, DateTimeOffset? previousUntil = null, CancellationToken cancellationToken = default) =>
        _caller.PutAsync(
            $"api/v1/providers/{Uri.EscapeDataString(provider)}/key", new SetProviderKey(key, previousUntil), ContractsJson.Default.SetProviderKey, ContractsJson.Default.ProviderKey,
            cancellationToken);

    /// <summary>Tool calls that wait, or waited, for approval, newest first.</summary>
    /// <param name="agent">Of this agent; null for all.</param>
    /// <param name="state"><c>pending</c>, <c>approved</c> or <c>denied</c>; null for all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Page<ToolApproval>> ApprovalsAsync(string? agent = null, string? state = null, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(RestCaller.Query("api/v1/approvals", ("agent", agent), ("state", state)), ContractsJson.Default.PageToolApproval, cancellationToken);

    /// <summary>Lets a held tool call through when it is made again, or refuses it.</summary>
    public Task<ToolApproval> DecideAsync(string approval, bool approve, CancellationToken cancellationToken = default) =>
        _caller.PostAsync($"api/v1/approvals/{Uri.EscapeDataString(approval)}/{(approve ? "approve" : "deny")}", ContractsJson.Default.ToolApproval, cancellationToken);

    public Task<Page<AuditEntry>> AuditAsync(long? after = null, int? limit = null, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(
            RestCaller.Query("api/v1/audit", ("after", after?.ToString()), ("limit", limit?.ToString())),
            ContractsJson.Default.PageAuditEntry,
            cancellationToken);

    /// <summary>Ends well when the audit chain is whole; else throws <c>audit-broken</c>, which names the first entry that does not fit.</summary>
    public async Task VerifyAuditAsync(CancellationToken cancellationToken = default)
    {
        var check = await _caller.GetAsync("api/v1/audit/verify", ContractsJson.Default.AuditCheck, cancellationToken).ConfigureAwait(false);
        if (check.Whole) return;
        throw new EspalierException(
            "audit-broken",
            409,
            $"The audit chain is broken at entry {check.FirstBad}.",
            "Entries from there on were changed or removed after they were written; compare them with a backup.",
            requestId: null);
    }
}
