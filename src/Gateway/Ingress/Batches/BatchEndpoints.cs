using Espalier.Gateway.Accounting;
using Espalier.Gateway.Accounting.Batches;
using Espalier.Gateway.Accounting.Batches.Anthropic;
using Espalier.Gateway.Accounting.Batches.Gemini;
using Espalier.Gateway.Accounting.Batches.OpenAi;
using Espalier.Gateway.Formats;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Espalier.Gateway.Ingress.Batches;

/// <summary>The vendors' paths of batches and of their files.</summary>
/// <remarks>There are no lists: a provider's account is shared by all agents, and a list would show each what the others sent.</remarks>
internal sealed class BatchEndpoints(IngressCall ingress, BatchCalls batches, FileCalls files, OpenAiBatches openAi, AnthropicBatches anthropic, GeminiBatches gemini)
{
    public void Map(IEndpointRouteBuilder endpoints)
    {
        var chat = WireFormats.All[openAi.Format];
        endpoints.MapPost("/v1/files", Serve(chat, files.UploadAsync)).ExcludeFromDescription();
        endpoints.MapGet("/v1/files/{id}", Serve(chat, (http, run) => files.AskAsync(http, run, HttpMethod.Get, ""))).ExcludeFromDescription();
        endpoints.MapGet("/v1/files/{id}/content", Serve(chat, (http, run) => files.AskAsync(http, run, HttpMethod.Get, "/content"))).ExcludeFromDescription();
        endpoints.MapDelete("/v1/files/{id}", Serve(chat, (http, run) => files.AskAsync(http, run, HttpMethod.Delete, ""))).ExcludeFromDescription();
        endpoints.MapPost("/v1/batches", Serve(chat, (http, run) => batches.SubmitAsync(http, run, openAi, "batches", (body, provider, token) => files.ReadAsync(run, body, provider, token)))).ExcludeFromDescription();
        MapState(endpoints, "/v1/batches", openAi);

        var messages = WireFormats.All[anthropic.Format];
        endpoints.MapPost("/v1/messages/batches", Serve(messages, (http, run) => batches.SubmitAsync(
            http, run, anthropic, "v1/messages/batches", (body, _, _) => AnthropicBatches.ReadRequests(body).ToAsyncEnumerable()))).ExcludeFromDescription();
        MapState(endpoints, "/v1/messages/batches", anthropic);
        endpoints.MapGet("/v1/messages/batches/{id}/results", Serve(messages, (http, run) => batches.ResultsAsync(http, run, anthropic, Id(http)))).ExcludeFromDescription();
        endpoints.MapDelete("/v1/messages/batches/{id}", Serve(messages, (http, run) => batches.StateAsync(http, run, anthropic, Id(http), HttpMethod.Delete, ""))).ExcludeFromDescription();

        var google = WireFormats.All[gemini.Format];
        endpoints.MapGet("/v1beta/batches/{id}", Serve(google, (http, run) => batches.StateAsync(http, run, gemini, Id(http), HttpMethod.Get, ""))).ExcludeFromDescription();
        endpoints.MapDelete("/v1beta/batches/{id}", Serve(google, (http, run) => batches.StateAsync(http, run, gemini, Id(http), HttpMethod.Delete, ""))).ExcludeFromDescription();
        endpoints.MapPost("/v1beta/batches/{id}:cancel", Serve(google, (http, run) => batches.StateAsync(http, run, gemini, Id(http), HttpMethod.Post, ":cancel"))).ExcludeFromDescription();
    }

    /// <summary>Google's submission, which is a method of a model.</summary>
    public Task SubmitGeminiAsync(HttpContext http, RunAccount run, string model) => batches.SubmitAsync(
        http, run, gemini, $"v1beta/models/{Uri.EscapeDataString(model)}:batchGenerateContent", (body, _, _) => GeminiBatches.ReadRequests(body, model).ToAsyncEnumerable());

    private void MapState(IEndpointRouteBuilder endpoints, string path, IBatchApi api)
    {
        var format = WireFormats.All[api.Format];
        endpoints.MapGet(path + "/{id}", Serve(format, (http, run) => batches.StateAsync(http, run, api, Id(http), HttpMethod.Get, ""))).ExcludeFromDescription();
        endpoints.MapPost(path + "/{id}/cancel", Serve(format, (http, run) => batches.StateAsync(http, run, api, Id(http), HttpMethod.Post, "/cancel"))).ExcludeFromDescription();
    }

    private static string Id(HttpContext http) => (string)http.Request.RouteValues["id"]!;

    private RequestDelegate Serve(IWireFormat format, Func<HttpContext, RunAccount, Task> handle) => http => ingress.ServeAsync(http, format, handle);
}
