using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Text;
using Espalier.Gateway.Tools.Mcp;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Tools.Rest;

/// <summary>Plain HTTP tools: the methods and paths that the contract names, below one address, with the operator's headers.</summary>
/// <remarks>Only a few of the agent's headers go on, so none can turn a GET into something else; redirects are answered, not followed.</remarks>
internal sealed class RestDoor(ToolDesk desk, ToolTrust trust, ToolSecrets secrets, ToolHttp http, TimeProvider time, IOptions<GatewayOptions> options)
{
    private static readonly string[] PassedHeaders = ["accept", "accept-language", "if-match", "if-none-match", "idempotency-key"];
    private static readonly string[] ReadMethods = ["GET", "HEAD"];

    public async Task ServeAsync(HttpContext context, RunAccount run, ToolContract tool)
    {
        var request = await ReadAsync(context, tool);
        var ask = new ToolAsk
        {
            Tool = tool,
            Operation = request.Name,
            Name = request.Name,
            Arguments = request.Arguments,
            IsKnownToRead = ToolEffects.Reads(tool, request.Name, ReadMethods.Contains(request.Method)),
            Forward = token => ForwardAsync(run, tool, request, token),
        };
        try
        {
            var served = await desk.ServeAsync(run, ask, context.RequestAborted);
            context.Response.Headers["x-espalier-tool"] = served.Source;
            await WriteAsync(context, served.Answer.Json);
        }
        catch (ToolFailure failure)
        {
            // Not a status that clients try again on their own.
            await IngressCall.WriteAsync(context, StatusCodes.Status424FailedDependency, JsonRpc.Error(null, ToolRefusal.ServerError, failure.Message));
        }
    }

    private async Task<RestRequest> ReadAsync(HttpContext context, ToolContract tool)
    {
        var method = context.Request.Method;
        var path = context.Request.Path.Value![$"/tools/{tool.Name}".Length..];
        if (path.Length == 0) path = "/";
        if (path.Contains('\\', StringComparison.Ordinal) || path.Contains("//", StringComparison.Ordinal) || path.Contains("%2f", StringComparison.OrdinalIgnoreCase)
            || path.Any(char.IsControl) || path.Split('/').Any(part => part is "." or ".."))
            throw ToolRefusal.Invalid("The path holds something that could mean another path to the tool: '//', '\\', '%2F', '..' or a control character.");
        if (!tool.Allow.Any(allowed => Globs.MatchesPath(allowed, $"{method} {path}")))
            throw new ToolRefusal(StatusCodes.Status403Forbidden, ToolRefusal.InvalidRequest, $"'{method} {path}' is not among what the contract allows of '{tool.Name}': {string.Join(", ", tool.Allow)}.");
        var query = context.Request.Query.Where(pair => pair.Key != "key").SelectMany(pair => pair.Value.Select(value => (pair.Key, Value: value ?? ""))).ToList();
        if (query.Exists(pair => pair.Key.Contains("method", StringComparison.OrdinalIgnoreCase) && pair.Key.StartsWith('_')))
            throw ToolRefusal.Invalid("The query names another method ('_method'). Send the method itself.");
        var body = await RequestBody.ReadAsync(context, options.Value.Tools.MaxBodyBytes, options.Value.BodyTimeout, time, context.RequestAborted);
        if (body.Length > 0 && ReadMethods.Contains(method)) throw ToolRefusal.Invalid($"A {method} has no body.");
        return new RestRequest(
            method, path, query, body, context.Request.ContentType,
            [.. PassedHeaders.Where(context.Request.Headers.ContainsKey).Select(name => (name, context.Request.Headers[name].ToString()))]);
    }

    private async Task<ToolAnswer> ForwardAsync(RunAccount run, ToolContract tool, RestRequest asked, CancellationToken cancellationToken)
    {
        await trust.DemandAsync(run.Context.Agent, tool, cancellationToken);
        using var request = new HttpRequestMessage(new HttpMethod(asked.Method), asked.At(tool.Url!));
        foreach (var (name, value) in asked.Headers) request.Headers.TryAddWithoutValidation(name, value);
        if (asked.Body.Length > 0)
        {
            request.Content = new ReadOnlyMemoryContent(asked.Body);
            if (MediaTypeHeaderValue.TryParse(asked.ContentType, out var type)) request.Content.Headers.ContentType = type;
        }

        foreach (var (name, value) in secrets.Headers(tool))
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request, tool.Name, cancellationToken);
        var json = Write(response, await ToolHttp.ReadAsync(response.Content, tool.MaxAnswerBytes, tool.Name, cancellationToken));
        return new ToolAnswer(json, ToolAnswers.ErrorOf(json));
    }

    private static string Write(HttpResponseMessage response, byte[] body) => Encoding.UTF8.GetString(Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("status", (int)response.StatusCode);
        json.WriteStartObject("headers");
        if (response.Content.Headers.ContentType is { } type) json.WriteString("content-type", type.ToString());
        if (response.Headers.ETag is { } tag) json.WriteString("etag", tag.ToString());
        if (response.Headers.RetryAfter is { } wait) json.WriteString("retry-after", wait.ToString());
        json.WriteEndObject();
        if (Text(body) is { } text) json.WriteString("body", text);
        else json.WriteBase64String("body_base64", body);
        json.WriteEndObject();
    }).Span);

    private static async Task WriteAsync(HttpContext context, string answer)
    {
        using var document = JsonDocument.Parse(answer);
        var root = document.RootElement;
        context.Response.StatusCode = root.GetProperty("status").GetInt32();
        foreach (var header in root.GetProperty("headers").EnumerateObject()) context.Response.Headers[header.Name] = header.Value.GetString();
        var body = root.TryGetProperty("body_base64", out var bytes) ? bytes.GetBytesFromBase64() : Encoding.UTF8.GetBytes(root.GetProperty("body").GetString()!);
        if (body.Length == 0 || context.Response.StatusCode is 204 or 304 || context.Request.Method == "HEAD") return;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static string? Text(byte[] body)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
