using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Calls.Caching;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Policies.CallSites;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Ingress;

/// <summary>The paths on which models answer, as each vendor has them.</summary>
internal sealed class AnswerEndpoints(IngressCall ingress, ModelCalls calls, TimeProvider time, IOptions<GatewayOptions> options)
{
    // What a provider of the same format is to know beside the body.
    private static readonly string[] PassedHeaders = ["anthropic-version", "anthropic-beta", "openai-beta"];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        MapPost(endpoints, "/v1/chat/completions", WireFormats.OpenAiChat);
        MapPost(endpoints, "/v1/responses", WireFormats.OpenAiResponses);
        MapPost(endpoints, "/v1/messages", WireFormats.Anthropic);
    }

    /// <summary>Answers one request.</summary>
    public async Task AnswerAsync(HttpContext http, RunAccount run, IWireFormat format, RequestTarget target)
    {
        var body = await RequestBody.ReadAsync(http, options.Value, time, http.RequestAborted);
        var request = format.Parse(body, target);
        request.Headers = Headers(http);
        var call = new CallRecord(run, request.Model, time.GetUtcNow()) 
        {
            Labels = CallLabels.Read(http.Request.Headers),
            CacheWish = CacheWishes.Read(http.Request.Headers),
        };
        var cost = new StreamCost(http, call, target.Framing);
        var dropped = new Dropped();
        IngressCall.SetHeaders(http, call);
        var output = new EventStreamOutput(http, target.Framing, () => IngressCall.SetHeaders(http, call, dropped), () => call.IsLost = true);
        ReadOnlyMemory<byte>? served;
        try
        {
            served = await calls.ServeAsync(call, request, output, dropped, http.RequestAborted);
        }
        catch (Exception e) when (e is ProviderFailedException or CallRefusal && !http.Response.HasStarted)
        {
            IngressCall.SetHeaders(http, call, dropped);
            throw;
        }

        if (served is not { } answer)
        {
            await cost.TellAsync(output);
            return;
        }

        IngressCall.SetHeaders(http, call, dropped);
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, answer);
    }

    public static IReadOnlyList<KeyValuePair<string, string>> Headers(HttpContext http)
    {
        List<KeyValuePair<string, string>>? passed = null;
        foreach (var name in PassedHeaders)
            if (http.Request.Headers.TryGetValue(name, out var values)) (passed ??= []).Add(new KeyValuePair<string, string>(name, values.ToString()));
        return passed ?? (IReadOnlyList<KeyValuePair<string, string>>)[];
    }

    // Not in our own OpenAPI document: these are other vendors' contracts.
    private void MapPost(IEndpointRouteBuilder endpoints, string path, string name)
    {
        var format = WireFormats.All[name];
        RequestDelegate serve = http => ingress.ServeAsync(http, format, (context, run) => AnswerAsync(context, run, format, default));
        endpoints.MapPost(path, serve).ExcludeFromDescription();
    }
}
