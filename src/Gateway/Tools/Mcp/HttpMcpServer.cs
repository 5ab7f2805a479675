using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>An MCP server at an address, spoken to by streamable HTTP: an answer is one JSON text or a stream of events that ends with it.</summary>
internal sealed class HttpMcpServer(ToolContract tool, ToolSecrets secrets, ToolHttp http) : IMcpServer
{
    private const string SessionHeader = "Mcp-Session-Id";

    private long _ids;
    private int _changes;
    private string? _session;
    private string? _version;
    private volatile bool _closed;

    public bool IsClosed => _closed;

    public int Changes => Volatile.Read(ref _changes);

    public async Task<string> RequestAsync(string method, string? parameters, Func<string, ValueTask>? onProgress, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _ids);
        using var response = await SendAsync(JsonRpc.Request(id, method, McpParameters.WithProgress(parameters, onProgress is null ? null : id)), cancellationToken);
        if (method == "initialize" && response.Headers.TryGetValues(SessionHeader, out var session)) _session = session.First();
        var answer = response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? await ReadEventsAsync(response, id, onProgress, cancellationToken)
            : Answer(await ToolHttp.ReadAsync(response.Content, tool.MaxAnswerBytes, tool.Name, cancellationToken), id);
        if (method == "initialize") _version = VersionOf(answer);
        return answer ?? throw new ToolFailure($"The tool server '{tool.Name}' ended its answer without a result.");
    }

    public async Task NotifyAsync(string method, CancellationToken cancellationToken) => (await SendAsync(JsonRpc.Notification(method), cancellationToken)).Dispose();

    public async ValueTask DisposeAsync()
    {
        if (_closed || _session is null) return;
        _closed = true;
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            using var request = NewRequest(HttpMethod.Delete);
            (await http.SendAsync(request, tool.Name, limit.Token)).Dispose();
        }
        catch (Exception e) when (e is ToolFailure or OperationCanceledException)
        {
            // Servers forget sessions by themselves.
        }
    }

    private async Task<HttpResponseMessage> SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var request = NewRequest(HttpMethod.Post);
        request.Content = new ReadOnlyMemoryContent(message) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        var response = await http.SendAsync(request, tool.Name, cancellationToken);
        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            // The server forgot the session: the next call begins another.
            if (response.StatusCode == HttpStatusCode.NotFound && _session is not null) _closed = true;
            // Some say what is wrong as an answer of JSON-RPC below a status of 400.
            var body = await ToolHttp.ReadAsync(response.Content, Math.Min(tool.MaxAnswerBytes, 64 << 10), tool.Name, cancellationToken);
            throw new ToolFailure(response.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"The tool server '{tool.Name}' refused the credentials that this server sends ({(int)response.StatusCode}).",
                >= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest => $"The tool server '{tool.Name}' wanted to send the call elsewhere ({(int)response.StatusCode}), which is not followed.",
                _ => $"The tool server '{tool.Name}' answered with HTTP status {(int)response.StatusCode}{Said(body)}.",
            });
        }
    }

    private HttpRequestMessage NewRequest(HttpMethod method)
    {
        var request = new HttpRequestMessage(method, tool.Url);
        if (_session is { } session) request.Headers.TryAddWithoutValidation(SessionHeader, session);
        if (_version is { } version) request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", version);
        foreach (var (name, value) in secrets.Headers(tool)) request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    private async Task<string?> ReadEventsAsync(HttpResponseMessage response, long id, Func<string, ValueTask>? onProgress, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            await foreach (var message in ServerSentEvents.ReadAsync(stream, tool.MaxAnswerBytes, cancellationToken))
            {
                if (message.Data.IsEmpty) continue;
                using var document = JsonRpc.ParseAnswer(message.Data);
                var root = document.RootElement;
                if (IsAnswer(root, id)) return McpAnswers.Of(root);
                if (root.TryText("method") == "notifications/tools/list_changed") Interlocked.Increment(ref _changes);
                if (onProgress is not null && root.TryText("method") == "notifications/progress" && root.TryObject("params") is { } progress) await onProgress(progress.GetRawText());
            }

            return null;
        }
        catch (EventTooLargeException)
        {
            throw ToolHttp.TooLarge(tool.Name, tool.MaxAnswerBytes);
        }
        catch (Exception e) when (e is IOException or JsonException or HttpRequestException)
        {
            throw new ToolFailure($"The answer of the tool server '{tool.Name}' broke off.", e);
        }
    }

    private string? Answer(byte[] body, long id)
    {
        try
        {
            using var document = JsonRpc.ParseAnswer(body);
            return IsAnswer(document.RootElement, id) ? McpAnswers.Of(document.RootElement) : null;
        }
        catch (JsonException e)
        {
            throw new ToolFailure($"The tool server '{tool.Name}' answered with something else than JSON.", e);
        }
    }

    private static bool IsAnswer(JsonElement message, long id) =>
        message.ValueKind == JsonValueKind.Object && !message.TryGetProperty("method", out _)
        && message.TryGetProperty("id", out var own) && own.ValueKind == JsonValueKind.Number && own.TryGetInt64(out var number) && number == id;

    private static string? VersionOf(string? answer)
    {
        if (answer is null) return null;
        using var document = JsonDocument.Parse(answer);
        return document.RootElement.TryObject("result")?.TryText("protocolVersion");
    }

    private static string Said(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.TryObject("error")?.TryText("message") is { Length: > 0 } said ? $": {(said.Length > 200 ? said[..200] : said)}" : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
