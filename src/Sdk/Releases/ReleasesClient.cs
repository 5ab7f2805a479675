using Espalier.Contracts;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Shared;
using Espalier.Sdk.Shared;

namespace Espalier.Sdk.Releases;

/// <summary>Which version serves production, and how it came to.</summary>
public sealed class ReleasesClient
{
    private readonly RestCaller _caller;

    internal ReleasesClient(RestCaller caller) => _caller = caller;

    /// <summary>Asks; nothing changes before <see cref="ApproveAsync"/> repeats the digest that comes back.</summary>
    public Task<Release> RequestAsync(RequestRelease request, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/releases", request, ContractsJson.Default.RequestRelease, ContractsJson.Default.Release, cancellationToken);

    public Task<Release> ApproveAsync(ReleaseId id, ApproveRelease approval, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            $"api/v1/releases/{Uri.EscapeDataString(id.Value)}/approve",
            approval,
            ContractsJson.Default.ApproveRelease,
            ContractsJson.Default.Release,
            cancellationToken);

    public Task<Release> RollBackAsync(RollBack request, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/releases/rollback", request, ContractsJson.Default.RollBack, ContractsJson.Default.Release, cancellationToken);

    /// <param name="agent">Null lists the releases of all agents.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Page<Release>> ListAsync(string? agent, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(RestCaller.Query("api/v1/releases", ("agent", agent)), ContractsJson.Default.PageRelease, cancellationToken);
}
