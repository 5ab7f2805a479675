using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Ingress.Batches;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Espalier.Gateway.Ingress;

/// <summary>Google's paths: the model and what is asked of it are one segment, <c>models/NAME:METHOD</c>.</summary>
internal sealed class GeminiEndpoints(IngressCall ingress, AnswerEndpoints answers, SideCalls side, BatchEndpoints batches)
{
    private static readonly IWireFormat Format = WireFormats.All[WireFormats.Gemini];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        foreach (var version in (string[])["v1beta", "v1"])
            endpoints.MapPost($"/{version}/models/{{**call}}", (RequestDelegate)(http => ingress.ServeAsync(http, Format, ServeAsync))).ExcludeFromDescription();
        endpoints.MapGet("/v1beta/models/{**model}", (RequestDelegate)(http => ingress.ServeAsync(http, Format, side.FindGeminiModelAsync))).ExcludeFromDescription();
        endpoints.MapGet("/v1beta/models", (RequestDelegate)(http => ingress.ServeAsync(http, Format, side.ListGeminiModelsAsync))).ExcludeFromDescription();
    }

    private Task ServeAsync(HttpContext http, RunAccount run)
    {
        var call = (string)http.GetRouteValue("call")!;
        var colon = call.LastIndexOf(':');
        var (model, method) = colon > 0 ? (call[..colon], call[(colon + 1)..]) : (call, "");
        var framing = http.Request.Query["alt"] == "sse" ? StreamFraming.ServerSentEvents : StreamFraming.JsonArray;
        return method switch
        {
            "generateContent" => answers.AnswerAsync(http, run, Format, new RequestTarget(model, Stream: false)),
            "streamGenerateContent" => answers.AnswerAsync(http, run, Format, new RequestTarget(model, Stream: true, framing)),
            "countTokens" => side.CountAsync(http, run, Format, model),
            "embedContent" => side.EmbedAsync(http, run, Format, Operation.Embed, model),
            "batchEmbedContents" => side.EmbedAsync(http, run, Format, Operation.EmbedBatch, model),
            "batchGenerateContent" => batches.SubmitGeminiAsync(http, run, model),
            _ => throw new CallRefusal(
                StatusCodes.Status404NotFound, "invalid_request_error", "method_not_found",
                $"Models have no method '{method}' here. There are generateContent, streamGenerateContent, countTokens, embedContent, batchEmbedContents and batchGenerateContent."),
        };
    }
}
