using System.Globalization;
using System.Net.Sockets;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Espalier.Gateway.Ingress;

/// <summary>The way in that all vendors' paths share: whose call it is, and errors in the vendor's own form.</summary>
internal sealed class IngressCall(RunTokens tokens, KeyCalls keys, ILogger<IngressCall> logger)
{
    private const string Json = "application/json";

    public async Task ServeAsync(HttpContext http, IWireFormat format, Func<HttpContext, RunAccount, Task> handle)
    {
        RunAccount? run = null;
        try
        {
            run = await EnterAsync(http);
            await handle(http, run);
        }
        catch (CallRefusal refusal)
        {
            if (refusal.RetryAfter is { } wait && !http.Response.HasStarted) SetRetryAfter(http, wait);
            await WriteErrorAsync(http, refusal.Status, format.WriteError(refusal));
        }
        catch (ProviderFailedException failed)
        {
            run!.ProviderFailed(failed.Message);
            await WriteFailureAsync(http, format, failed);
        }
        catch (BadHttpRequestException e)
        {
            await WriteErrorAsync(http, e.StatusCode, format.WriteError(CallRefusal.Unreadable(e)));
        }
        catch (Exception e) when (e is (OperationCanceledException or IOException) && http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to answer.
        }
        catch (Exception e)
        {
            GatewayLog.CallFailed(logger, run?.Context.Agent ?? "", run?.Context.Version?.Value ?? "", e);
            run?.Faulted(e);
            var fault = new CallRefusal(StatusCodes.Status500InternalServerError, "api_error", "gateway_fault", "The gateway failed; its log says why.");
            await WriteErrorAsync(http, fault.Status, format.WriteError(fault));
        }
        finally
        {
            run?.Leave();
        }
    }

    /// <summary>Whose call it is. Whoever enters must leave.</summary>
    /// <exception cref="CallRefusal">Nobody's.</exception>
    public async Task<RunAccount> EnterAsync(HttpContext http)
    {
        var secret = Credential.Read(http.Request);
        return tokens.TryEnter(secret) ?? await TryKeyAsync(http, secret) ?? throw CallRefusal.NotAuthorized();
    }

    /// <summary>What every answer tells about itself.</summary>
    public static void SetHeaders(HttpContext http, CallRecord call)
    {
        var headers = http.Response.Headers;
        // The vendors' SDKs look for one or the other.
        headers["x-request-id"] = call.SpanId.Value;
        headers["request-id"] = call.SpanId.Value;
        headers["x-espalier-trace-id"] = call.Run.Context.TraceId.Value;
        if (call.Run.Context.Version is { } version) headers["x-espalier-version"] = version.Value;
    }

    public static void SetHeaders(HttpContext http, CallRecord call, Dropped dropped)
    {
        CostHeaders.Set(http.Response.Headers, call);
        if (dropped.Any) http.Response.Headers["x-espalier-dropped"] = dropped.ToString();
    }

    public static async Task WriteAsync(HttpContext http, int status, ReadOnlyMemory<byte> body)
    {
        if (http.RequestAborted.IsCancellationRequested) return;
        http.Response.StatusCode = status;
        http.Response.ContentType = Json;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    // Behind the socket are sandboxes: a virtual key that came in there was stolen or planted, and would not be bound by the run's budget.
    private async Task<RunAccount?> TryKeyAsync(HttpContext http, string? secret) =>
        http.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily == AddressFamily.Unix
            ? null : await keys.TryEnterAsync(secret, http.Connection.RemoteIpAddress, http.Request.Headers, http.RequestAborted);

    private static Task WriteFailureAsync(HttpContext http, IWireFormat format, ProviderFailedException failed)
    {
        var failure = failed.Failure;
        if (failure.RetryAfter is { } wait && !http.Response.HasStarted) SetRetryAfter(http, wait);
        // The gateway has tried again already; the vendors' SDKs honour this and do not multiply it.
        if (!http.Response.HasStarted) http.Response.Headers["x-should-retry"] = "false";
        // A provider's own words are good for clients of its own format alone.
        var body = failed.Format == format.Name && failure.Body is { } own ? own : format.WriteError(CallRefusal.ProviderFailed(failure));
        return WriteErrorAsync(http, failure.Status, body);
    }

    private static void SetRetryAfter(HttpContext http, TimeSpan wait) =>
        http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    private static Task WriteErrorAsync(HttpContext http, int status, ReadOnlyMemory<byte> body) =>
        http.Response.HasStarted || http.RequestAborted.IsCancellationRequested ? Task.CompletedTask : WriteAsync(http, status, body);
}
