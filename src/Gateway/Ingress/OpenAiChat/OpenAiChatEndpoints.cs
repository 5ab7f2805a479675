using System.Globalization;
using System.Text.Json;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Policies;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Ingress.OpenAiChat;

/// <summary>OpenAI's chat completions and its list of models, for agents that hold a run token.</summary>
internal sealed class OpenAiChatEndpoints(
    RunTokens tokens, ChatCalls calls, PolicyCache policies, ModelCatalog models, TimeProvider time, IOptions<GatewayOptions> options,
    ILogger<OpenAiChatEndpoints> logger)
{
    private const string Json = "application/json";

    public void Map(IEndpointRouteBuilder endpoints)
    {
        // Not in our own OpenAPI document: this is another vendor's contract.
        endpoints.MapPost("/v1/chat/completions", (RequestDelegate)(http => ServeAsync(http, CompleteAsync))).ExcludeFromDescription();
        endpoints.MapGet("/v1/models", (RequestDelegate)(http => ServeAsync(http, ListModelsAsync))).ExcludeFromDescription();
    }

    private async Task ServeAsync(HttpContext http, Func<HttpContext, RunAccount, Task> handle)
    {
        RunAccount? run = null;
        try
        {
            run = tokens.TryEnter(Credential.Read(http.Request.Headers)) ?? throw ChatRefusal.NotAuthorized();
            await handle(http, run);
        }
        catch (ChatRefusal refusal)
        {
            await WriteErrorAsync(http, refusal.Status, refusal.Body());
        }
        catch (ProviderFailedException failed)
        {
            run!.ProviderFailed(failed.Message);
            await WriteFailureAsync(http, failed.Failure);
        }
        catch (BadHttpRequestException e)
        {
            await WriteErrorAsync(http, e.StatusCode, ChatRefusal.Invalid($"The request could not be read: {e.Message}").Body());
        }
        catch (Exception e) when (e is (OperationCanceledException or IOException) && http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to answer.
        }
        catch (Exception e)
        {
            GatewayLog.CallFailed(logger, run?.Context.Agent ?? "", run?.Context.Version.Value ?? "", e);
            run?.Faulted(e);
            var fault = new ChatRefusal(StatusCodes.Status500InternalServerError, "api_error", "gateway_fault", "The gateway failed; its log says why.");
            await WriteErrorAsync(http, fault.Status, fault.Body());
        }
        finally
        {
            run?.Leave();
        }
    }

    private async Task CompleteAsync(HttpContext http, RunAccount run)
    {
        var body = await RequestBody.ReadAsync(http, options.Value.MaxBodyBytes, http.RequestAborted);
        var request = ChatRequest.Parse(body);
        var call = new CallRecord(run, request.Model, time.GetUtcNow());
        var headers = http.Response.Headers;
        headers["x-request-id"] = call.SpanId.Value;
        headers["x-espalier-trace-id"] = run.Context.TraceId.Value;
        headers["x-espalier-version"] = run.Context.Version.Value;
        if (await calls.ServeAsync(call, request, new EventStreamOutput(http), http.RequestAborted) is not { } answer) return;
        headers["x-espalier-attempts"] = call.Attempts.ToString(CultureInfo.InvariantCulture);
        await WriteAsync(http, StatusCodes.Status200OK, answer);
    }

    private async Task ListModelsAsync(HttpContext http, RunAccount run)
    {
        var version = await policies.GetAsync(run.Context.Agent, run.Context.Version, http.RequestAborted);
        var body = Wire.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var slot in version.Slots.Keys.Order(StringComparer.Ordinal)) WriteModel(json, slot, "slot");
            foreach (var model in models.Names) WriteModel(json, model, models.Find(model)!.Provider.Name);
            json.WriteEndArray();
            json.WriteEndObject();
        });
        await WriteAsync(http, StatusCodes.Status200OK, body);
    }

    private static void WriteModel(Utf8JsonWriter json, string id, string owner)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("object", "model");
        json.WriteNumber("created", 0);
        json.WriteString("owned_by", owner);
        json.WriteEndObject();
    }

    private static Task WriteFailureAsync(HttpContext http, ProviderFailure failure)
    {
        if (failure.RetryAfter is { } wait && !http.Response.HasStarted)
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        // The gateway has tried again already; the SDKs of OpenAI's family honour this and do not multiply it.
        if (!http.Response.HasStarted) http.Response.Headers["x-should-retry"] = "false";
        var type = failure.Status switch { 429 => "rate_limit_error", < 500 => "invalid_request_error", _ => "api_error" };
        return WriteErrorAsync(http, failure.Status, failure.Body ?? new ChatRefusal(failure.Status, type, "provider_failed", failure.Message).Body());
    }

    private static Task WriteErrorAsync(HttpContext http, int status, ReadOnlyMemory<byte> body) =>
        http.Response.HasStarted || http.RequestAborted.IsCancellationRequested ? Task.CompletedTask : WriteAsync(http, status, body);

    private static async Task WriteAsync(HttpContext http, int status, ReadOnlyMemory<byte> body)
    {
        if (http.RequestAborted.IsCancellationRequested) return;
        http.Response.StatusCode = status;
        http.Response.ContentType = Json;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}
