using Espalier.Contracts;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;
using Espalier.Sdk.Shared;

namespace Espalier.Sdk.Datasets;

/// <summary>Sets of cases. A dataset is named by its name (newest revision), <c>name@rev_...</c> or a revision's id.</summary>
public sealed class DatasetsClient
{
    private readonly RestCaller _caller;

    internal DatasetsClient(RestCaller caller) => _caller = caller;

    public Task<DatasetRevision> BuildAsync(BuildDatasetRequest request, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/datasets/build",
            request,
            ContractsJson.Default.BuildDatasetRequest,
            ContractsJson.Default.DatasetRevision,
            cancellationToken);

    public Task<DatasetRevision> ImportAsync(ImportDatasetRequest request, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/datasets/import",
            request,
            ContractsJson.Default.ImportDatasetRequest,
            ContractsJson.Default.DatasetRevision,
            cancellationToken);

    /// <param name="agent">Null lists the datasets of all agents.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Page<DatasetRevision>> ListAsync(string? agent, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(
            RestCaller.Query("api/v1/datasets", ("agent", agent)), ContractsJson.Default.PageDatasetRevision, cancellationToken);

    public Task<DatasetRevision> GetAsync(string dataset, CancellationToken cancellationToken = default) =>
        _caller.GetAsync($"api/v1/datasets/{Uri.EscapeDataString(dataset)}", ContractsJson.Default.DatasetRevision, cancellationToken);

    public Task<Page<Case>> CasesAsync(
        string dataset, Split split, int? limit = null, string? cursor = null, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(
            RestCaller.Query(
                $"api/v1/datasets/{Uri.EscapeDataString(dataset)}/cases",
                ("split", split.ToString().ToLowerInvariant()),
                ("limit", limit?.ToString()),
                ("cursor", cursor)),
            ContractsJson.Default.PageCase,
            cancellationToken);
}
