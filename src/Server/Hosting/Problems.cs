using Espalier.Contracts;
using Espalier.Contracts.Shared;
using Espalier.Core.Shared;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace Espalier.Server.Hosting;

/// <summary>Refusals and faults as Problem Details. Faults are logged here, once.</summary>
internal sealed class Problems(IOptions<JsonOptions> json, ILogger<Problems> logger) : IExceptionHandler
{
    public const string MediaType = "application/problem+json";

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested) return true;
        var problem = exception switch
        {
            Refusal refusal => Describe(refusal.Code, refusal.Status, refusal.What, refusal.Fix),
            BadHttpRequestException bad => Describe(UnreadableRequests.Explain(bad, BodyOf(httpContext), json.Value.SerializerOptions)),
            StorageFault fault => Describe(fault.Code, 507, fault.What, fault.Fix),
            _ => Describe("fault", 500, "Something in the server failed.", "The server's log says more, under this request's id. Try again; nothing was half done."),
        };
        if (exception is not (Refusal or BadHttpRequestException))
            HostingLog.RequestFailed(logger, httpContext.Request.Path, httpContext.TraceIdentifier, exception);
        await WriteAsync(httpContext, problem, cancellationToken);
        return true;
    }

    /// <summary>Words for an answer that has a status and nothing else: no such route, no such method, too much of something.</summary>
    public static Task DescribeStatusAsync(HttpContext context)
    {
        var request = context.Request;
        var problem = context.Response.StatusCode switch
        {
            404 => Describe("not-found", 404, $"There is no {request.Path}.", "The paths are listed at /openapi/v1.json."),
            405 => Describe(
                "method-not-allowed", 405, $"{request.Path} does not answer {request.Method}.", $"It answers {context.Response.Headers.Allow}."),
            413 => Describe(UnreadableRequests.TooLarge),
            415 => Describe(UnreadableRequests.NotJson),
            var status => Describe("request-not-valid", status, $"The request was refused with status {status}.", "Compare it with /openapi/v1.json."),
        };
        return WriteAsync(context, problem, context.RequestAborted);
    }

    public static Problem Describe(Refusal refusal) => Describe(refusal.Code, refusal.Status, refusal.What, refusal.Fix);

    public static Task WriteAsync(HttpContext context, Problem problem, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = problem.Status;
        return context.Response.WriteAsJsonAsync(
            problem with { RequestId = context.TraceIdentifier }, ContractsJson.Default.Problem, MediaType, cancellationToken);
    }

    private static Type? BodyOf(HttpContext context) =>
        context.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType;

    private static Problem Describe(string code, int status, string what, string fix) =>
        new() { Type = $"/problems/{code}", Title = what, Status = status, Detail = fix };
}
