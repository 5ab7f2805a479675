using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Ingress;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>MCP as the agent speaks it: streamable HTTP. Answers are JSON, or a stream of events when a call tells its progress.</summary>
/// <remarks>Each message of a batch is looked at by itself. There is no stream from the server (GET): what servers ask of clients is not passed on.</remarks>
internal sealed class McpDoor(McpCalls calls, McpSessions sessions, TimeProvider time, IOptions<GatewayOptions> options)
{
    private const string SessionHeader = "Mcp-Session-Id";
    private const string VersionHeader = "MCP-Protocol-Version";
    private const int MostInBatch = 50;

    public async Task ServeAsync(HttpContext http, RunAccount run, ToolContract tool)
    {
        var owner = $"{run.Context.Agent}/{tool.Name}";
        if (http.Request.Headers[VersionHeader].ToString() is { Length: > 0 } version && !McpCalls.Versions.Contains(version))
            throw ToolRefusal.Invalid($"The protocol version '{version}' is not served. Use one of {string.Join(", ", McpCalls.Versions)}.");
        var session = FindSession(http, owner);
        switch (http.Request.Method)
        {
            case "POST":
                await PostAsync(http, run, tool, session ?? new McpSession(owner));
                return;
            case "DELETE":
                sessions.End(http.Request.Headers[SessionHeader].ToString());
                http.Response.StatusCode = StatusCodes.Status204NoContent;
                return;
            default:
                http.Response.Headers.Allow = "POST, DELETE";
                throw new ToolRefusal(StatusCodes.Status405MethodNotAllowed, ToolRefusal.InvalidRequest, "Send messages by POST. The server opens no stream of its own.");
        }
    }

    private McpSession? FindSession(HttpContext http, string owner)
    {
        if (http.Request.Headers[SessionHeader].ToString() is not { Length: > 0 } id) return null;
        return sessions.Find(id, owner) ?? throw ToolRefusal.NotFound("The session is not known, or was ended. Begin one with 'initialize'.");
    }

    private async Task PostAsync(HttpContext http, RunAccount run, ToolContract tool, McpSession session)
    {
        using var document = Parse(await RequestBody.ReadAsync(http, options.Value.Tools.MaxBodyBytes, options.Value.BodyTimeout, time, http.RequestAborted));
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Array)
        {
            await PostBatchAsync(http, run, tool, session, root);
            return;
        }

        using var output = new McpOutput(http);
        var answer = await AnswerAsync(run, tool, session, root, output, http.RequestAborted);
        if (answer is not { } body)
        {
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        if (root.TryText("method") == "initialize") http.Response.Headers[SessionHeader] = sessions.Begin(session.Owner);
        await output.EndAsync(body);
    }

    private async Task PostBatchAsync(HttpContext http, RunAccount run, ToolContract tool, McpSession session, JsonElement batch)
    {
        if (batch.GetArrayLength() is 0 or > MostInBatch) throw ToolRefusal.Invalid($"A batch holds 1 to {MostInBatch} messages; this one has {batch.GetArrayLength()}.");
        var answers = new List<ReadOnlyMemory<byte>>();
        foreach (var message in batch.EnumerateArray())
            if (await AnswerAsync(run, tool, session, message, null, http.RequestAborted) is { } answer) answers.Add(answer);
        if (answers.Count == 0)
        {
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, Wire.Write(json =>
        {
            json.WriteStartArray();
            foreach (var answer in answers) json.WriteRawValue(answer.Span, skipInputValidation: true);
            json.WriteEndArray();
        }));
    }

    /// <summary>Null for what needs no answer.</summary>
    private async Task<ReadOnlyMemory<byte>?> AnswerAsync(RunAccount run, ToolContract tool, McpSession session, JsonElement message, McpOutput? output, CancellationToken cancellationToken)
    {
        string? id = null;
        try
        {
            if (message.ValueKind != JsonValueKind.Object || message.TryText("jsonrpc") != "2.0") throw ToolRefusal.Invalid("A message is an object with 'jsonrpc': '2.0'.");
            var hasId = message.TryGetProperty("id", out var sent);
            if (hasId) id = sent.ValueKind is JsonValueKind.String or JsonValueKind.Number ? sent.GetRawText() : throw ToolRefusal.Invalid("The id of a request is a text or a number.");
            if (message.TryText("method") is not { } method)
                return message.TryGetProperty("result", out _) || message.TryGetProperty("error", out _) ? null : throw ToolRefusal.Invalid("A request has a 'method'.");
            if (message.TryGetProperty("params", out var parameters) && parameters.ValueKind != JsonValueKind.Object) throw ToolRefusal.Invalid("The 'params' of a request are an object.");
            if (!hasId)
            {
                if (method == "notifications/cancelled" && parameters.TryGetProperty("requestId", out var cancelled) && session.InFlight.TryGetValue(cancelled.GetRawText(), out var flight)) await flight.CancelAsync();
                return null;
            }

            return JsonRpc.Response(id, await CancellableAsync(session, id!, token => calls.AnswerAsync(run, tool, method, parameters, output, token), cancellationToken));
        }
        catch (ToolRefusal refusal) when (id is not null || output is null)
        {
            return JsonRpc.Error(id, refusal.Code, refusal.Message);
        }
        catch (ToolFailure failure)
        {
            return JsonRpc.Error(id, ToolRefusal.ServerError, failure.Message);
        }
    }

    private static async Task<string> CancellableAsync(McpSession session, string id, Func<CancellationToken, Task<string>> answer, CancellationToken cancellationToken)
    {
        using var flight = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        session.InFlight[id] = flight;
        try
        {
            return await answer(flight.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ToolRefusal(StatusCodes.Status200OK, ToolRefusal.ServerError, "The request was cancelled.");
        }
        finally
        {
            session.InFlight.TryRemove(new KeyValuePair<string, CancellationTokenSource>(id, flight));
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonRpc.Parse(body);
        }
        catch (JsonException e)
        {
            throw ToolRefusal.Unparsable($"The message is no JSON that is taken here (at most 64 levels deep, no name twice): {e.Message}");
        }
    }
}
