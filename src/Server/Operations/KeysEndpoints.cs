using Espalier.Contracts.Releases;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Releases;
using Espalier.Core.Shared;
using Espalier.Gateway.Keys;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Operations;

/// <summary>Virtual keys, and the keys of providers. No answer but the one to a key's making holds a secret.</summary>
internal static class KeysEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/keys").WithTags("keys");
        keys.MapPost("/", CreateAsync).WithSummary("Make a virtual key; its secret is shown this once").ProducesProblem(422);
        keys.MapGet("/", ListAsync).WithSummary("List virtual keys, newest first");
        keys.MapDelete("/{key}", RevokeAsync).WithSummary("Revoke a virtual key, at once").ProducesProblem(404);
        var providers = routes.MapGroup("/providers").WithTags("keys");
        providers.MapGet("/keys", ListProviders).WithSummary("List the providers whose keys are kept here");
        providers.MapPut("/{provider}/key", SetProviderAsync).WithSummary("Keep a provider's key, encrypted; used from the next request on").ProducesProblem(422);
        providers.MapDelete("/{provider}/key", RemoveProviderAsync).WithSummary("Forget a provider's key, or only those before it").ProducesProblem(404);
    }

    private static async Task<Created<CreatedKey>> CreateAsync(
        CreateKey request, HttpResponse response, Caller caller, KeyService keys, IAuditLog audit, CancellationToken cancellationToken)
    {
        var created = await keys.CreateAsync(request, caller.Principal, cancellationToken);
        await audit.AppendAsync(
            new AuditAct(caller.Principal, "key.created", created.Key.Id, $"{created.Key.Name}: {string.Join(", ", created.Key.Scopes)}".ToLowerInvariant()), cancellationToken);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/api/v1/keys/{created.Key.Id}", created);
    }

    private static async Task<Ok<Page<ApiKey>>> ListAsync(KeyService keys, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<ApiKey> { Items = await keys.ListAsync(cancellationToken) });

    private static async Task<Ok<ApiKey>> RevokeAsync(string key, Caller caller, KeyService keys, IAuditLog audit, CancellationToken cancellationToken)
    {
        var revoked = await keys.RevokeAsync(key, cancellationToken);
        await audit.AppendAsync(new AuditAct(caller.Principal, "key.revoked", revoked.Id, revoked.Name), cancellationToken);
        return TypedResults.Ok(revoked);
    }

    private static Ok<Page<ProviderKey>> ListProviders(ProviderKeys keys) => TypedResults.Ok(new Page<ProviderKey> { Items = keys.List() });

    private static async Task<Ok<ProviderKey>> SetProviderAsync(
        string provider, SetProviderKey request, Caller caller, ProviderKeys keys, IAuditLog audit, CancellationToken cancellationToken)
    {
        if (provider.Length > 64 || !provider.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
            throw new Refusal("provider-not-valid", 422, "This is no name of a provider.", "Use openai, anthropic, gemini, azure, or the name of a compatible server.");
        var kept = keys.Set(provider, request.Key, request.PreviousUntil);
        await audit.AppendAsync(new AuditAct(caller.Principal, "provider_key.set", provider, $"ends in {kept.Last4}"), cancellationToken);
        return TypedResults.Ok(kept);
    }

    private static async Task<NoContent> RemoveProviderAsync(
        string provider, bool? previous, Caller caller, ProviderKeys keys, IAuditLog audit, CancellationToken cancellationToken)
    {
        keys.Remove(provider, previous ?? false);
        await audit.AppendAsync(new AuditAct(caller.Principal, "provider_key.removed", provider, previous == true ? "the previous ones" : ""), cancellationToken);
        return TypedResults.NoContent();
    }
}
