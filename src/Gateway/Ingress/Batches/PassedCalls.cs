using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Accounting.Batches;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Ingress.Batches;

/// <summary>Requests to providers' files and batches: who may ask for which, and bytes that pass through.</summary>
internal sealed class PassedCalls(ModelCatalog models, IDeferredBills bills)
{
    private const int MostBuffered = 64 << 20;

    /// <exception cref="CallRefusal">It is not configured.</exception>
    public IProvider ProviderOf(IBatchApi api) =>
        models.Providers.FirstOrDefault(provider => provider.Name == api.Provider && provider is IPassThrough && provider.Serves("any"))
        ?? throw CallRefusal.Invalid($"There are no batches here: the provider '{api.Provider}' is not configured.", code: "operation_not_supported");

    /// <summary>What this agent sent; others' look as if they were not there.</summary>
    /// <exception cref="CallRefusal">Nobody sent it here, or somebody else.</exception>
    public async Task<DeferredBill> OwnAsync(RunAccount run, string kind, string id, CancellationToken cancellationToken) =>
        await bills.FindAsync(kind, id, cancellationToken) is { } known && known.Agent == run.Context.Agent ? known : throw CallRefusal.UnknownWork(kind, id);

    /// <exception cref="ProviderFailedException">There is no good answer.</exception>
    public static async Task<(HttpResponseMessage Response, string Key)> SendAsync(IBatchApi api, IProvider provider, PassedRequest request, CancellationToken cancellationToken)
    {
        var reply = await ((IPassThrough)provider).PassAsync(request, cancellationToken);
        return (reply.Response ?? throw new ProviderFailedException(reply.Failure!, api.Format), reply.Key);
    }

    /// <summary>The whole of an answer that is small.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(MostBuffered, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>Hands an answer on as it comes.</summary>
    public static async Task RelayAsync(HttpContext http, HttpResponseMessage response)
    {
        http.Response.StatusCode = (int)response.StatusCode;
        http.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        await response.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }
}
