using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Tests.Fakes;

/// <summary>An OpenAI-compatible server on loopback that answers as its script says, one handler a request; the last one repeats.</summary>
internal sealed class FakeModelServer : IAsyncDisposable
{
    private const string BodyItem = "body";

    private readonly WebApplication _app;
    private readonly List<Func<HttpContext, Task>> _script = [];
    private int _next;

    private FakeModelServer(WebApplication app) => _app = app;

    public ConcurrentQueue<(string Body, string Authorization)> Requests { get; } = new();

    /// <summary>Each request with its path, query and headers.</summary>
    public ConcurrentQueue<UpstreamCall> Calls { get; } = new();

    public Uri Root => new(_app.Urls.First());

    public Uri BaseUrl => new(_app.Urls.First() + "/v1");

    public static async Task<FakeModelServer> StartAsync(params Func<HttpContext, Task>[] script)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var server = new FakeModelServer(builder.Build());
        server._script.AddRange(script);
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public static Func<HttpContext, Task> Json(int status, string body, params (string Name, string Value)[] headers) => async http =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        foreach (var (name, value) in headers) http.Response.Headers[name] = value;
        await http.Response.WriteAsync(body, http.RequestAborted);
    };

    public static Func<HttpContext, Task> Events(string text) => async http =>
    {
        http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync(text, http.RequestAborted);
    };

    /// <summary>Sends pieces one by one, each flushed.</summary>
    public static Func<HttpContext, Task> Pieces(string contentType, params byte[][] pieces) => async http =>
    {
        http.Response.ContentType = contentType;
        foreach (var piece in pieces)
        {
            await http.Response.Body.WriteAsync(piece, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    };

    /// <summary>Answers by what is asked: the request's JSON.</summary>
    public static Func<HttpContext, Task> By(Func<JsonElement, Func<HttpContext, Task>> answer) =>
        http => answer(JsonDocument.Parse((string)http.Items[BodyItem]!).RootElement.Clone())(http);

    /// <summary>What a request that is being answered holds.</summary>
    public static string BodyOf(HttpContext http) => (string)http.Items[BodyItem]!;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        Requests.Enqueue((body, http.Request.Headers.Authorization.ToString()));
        Calls.Enqueue(new UpstreamCall(
            $"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}", body, http.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString())));
        http.Items[BodyItem] = body;
        await _script[Math.Min(Interlocked.Increment(ref _next), _script.Count) - 1](http);
    }
}

internal sealed record UpstreamCall(string Target, string Body, IReadOnlyDictionary<string, string> Headers);
