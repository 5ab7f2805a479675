using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Espalier.Gateway.Ingress;

/// <summary>The paths of OpenAI and Anthropic beside those on which models answer.</summary>
internal sealed class SideEndpoints(IngressCall ingress, SideCalls side, StoredCalls stored)
{
    public void Map(IEndpointRouteBuilder endpoints)
    {
        var (chat, responses, anthropic) = (WireFormats.All[WireFormats.OpenAiChat], WireFormats.All[WireFormats.OpenAiResponses], WireFormats.All[WireFormats.Anthropic]);
        endpoints.MapGet("/v1/models", Serve(chat, side.ListModelsAsync)).ExcludeFromDescription();
        endpoints.MapGet("/v1/models/{**model}", Serve(chat, side.FindModelAsync)).ExcludeFromDescription();
        endpoints.MapPost("/v1/embeddings", Serve(chat, (http, run) => side.EmbedAsync(http, run, chat, Operation.Embed, null))).ExcludeFromDescription();
        endpoints.MapPost("/v1/messages/count_tokens", Serve(anthropic, (http, run) => side.CountAsync(http, run, anthropic, null))).ExcludeFromDescription();
        endpoints.MapGet("/v1/responses/{id}", Serve(responses, (http, run) => stored.AskAsync(http, run, Operation.Fetch, ""))).ExcludeFromDescription();
        endpoints.MapGet("/v1/responses/{id}/input_items", Serve(responses, (http, run) => stored.AskAsync(http, run, Operation.Fetch, "/input_items"))).ExcludeFromDescription();
        endpoints.MapDelete("/v1/responses/{id}", Serve(responses, (http, run) => stored.AskAsync(http, run, Operation.Delete, ""))).ExcludeFromDescription();
        endpoints.MapPost("/v1/responses/{id}/cancel", Serve(responses, (http, run) => stored.AskAsync(http, run, Operation.Cancel, "/cancel"))).ExcludeFromDescription();
    }

    private RequestDelegate Serve(IWireFormat format, Func<HttpContext, RunAccount, Task> handle) => http => ingress.ServeAsync(http, format, handle);
}
