using System.Text;
using Espalier.Gateway.Accounting;
using Espalier.Contracts.Agents;
using Espalier.Gateway.Ingress;

using Espalier.Gateway.Tools.Mcp;
using Espalier.Gateway.Tools.Rest;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Espalier.Gateway.Tools;

/// <summary>The doors to tool servers: <c>/tools/NAME/mcp</c> for MCP, <c>/tools/NAME/PATH</c> for plain HTTP.</summary>
internal sealed class ToolEndpoints(IngressCall ingress, ToolContracts contracts, McpDoor mcp, RestDoor rest, ILogger<ToolEndpoints> logger)
{
    // Not in our own OpenAPI document: what answers here are other people's tools.
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.Map("/tools/{tool}/{**path}", ServeAsync).ExcludeFromDescription();

    private async Task ServeAsync(HttpContext http)
    {
        var name = (string)http.GetRouteValue("tool")!;
        RunAccount? run = null;
        try
        {
            run = await ingress.EnterAsync(http);
            var tool = await contracts.FindAsync(run.Context, name, http.RequestAborted);
            if (tool.Protocol == ToolProtocol.Rest) await rest.ServeAsync(http, run, tool);
            else if ((string?)http.GetRouteValue("path") == "mcp") await mcp.ServeAsync(http, run, tool);
            else throw ToolRefusal.NotFound($"'{name}' is an MCP server; it answers at /tools/{name}/mcp alone.");
        }
        catch (ToolRefusal refusal)
        {
            await WriteErrorAsync(http, refusal.Status, refusal.Code, refusal.Message);
        }
        catch (CallRefusal refusal)
        {
            if (refusal.RetryAfter is { } wait && !http.Response.HasStarted) http.Response.Headers.RetryAfter = $"{Math.Max(1, Math.Ceiling(wait.TotalSeconds)):0}";
            await WriteErrorAsync(http, refusal.Status, ToolRefusal.ServerError, refusal.Message);
        }
        catch (ToolFailure failure)
        {
            await WriteErrorAsync(http, StatusCodes.Status502BadGateway, ToolRefusal.ServerError, failure.Message);
        }
        catch (BadHttpRequestException e)
        {
            await WriteErrorAsync(http, e.StatusCode, ToolRefusal.InvalidRequest, $"The request could not be read: {e.Message}");
        }
        catch (Exception e) when (e is (OperationCanceledException or IOException) && http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to answer.
        }
        catch (Exception e)
        {
            ToolsLog.CallFailed(logger, run?.Context.Agent ?? "", name, e);
            run?.Faulted(e);
            await WriteErrorAsync(http, StatusCodes.Status500InternalServerError, -32603, "The gateway failed; its log says why.");
        }
        finally
        {
            run?.Leave();
        }
    }

    private static Task WriteErrorAsync(HttpContext http, int status, int code, string message) =>
        http.Response.HasStarted || http.RequestAborted.IsCancellationRequested ? Task.CompletedTask : IngressCall.WriteAsync(http, status, JsonRpc.Error(null, code, message));
}
