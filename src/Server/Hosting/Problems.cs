using Espalier.Contracts;
using Espalier.Contracts.Shared;
using Espalier.Core.Shared;
using Microsoft.AspNetCore.Diagnostics;

namespace Espalier.Server.Hosting;

/// <summary>Refusals and faults as Problem Details. Faults are logged here, once.</summary>
internal sealed class Problems(ILogger<Problems> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested) return true;
        var problem = exception switch
        {
            Refusal refusal => Describe(refusal.Code, refusal.Status, refusal.What, refusal.Fix),
            BadHttpRequestException bad => Describe(
                "request-not-valid", bad.StatusCode, "The request cannot be read.", (bad.InnerException ?? bad).Message),
            StorageFault fault => Describe(fault.Code, 507, fault.What, fault.Fix),
            _ => Describe("fault", 500, "Something in the server failed.", "The server's log says more, under this request's id. Try again; nothing was half done."),
        };
        if (problem.Status >= 500) HostingLog.RequestFailed(logger, httpContext.Request.Path, httpContext.TraceIdentifier, exception);
        httpContext.Response.StatusCode = problem.Status;
        await httpContext.Response.WriteAsJsonAsync(
            problem with { RequestId = httpContext.TraceIdentifier }, ContractsJson.Default.Problem, "application/problem+json", cancellationToken);
        return true;
    }

    private static Problem Describe(string code, int status, string what, string fix) =>
        new() { Type = $"/problems/{code}", Title = what, Status = status, Detail = fix };
}
